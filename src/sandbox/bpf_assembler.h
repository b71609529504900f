// Writes the programs of system call filters: BPF with labels.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace cbuild::sandbox {

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "arguments are read as on little-endian processors"
#endif

/// Writes a program from its end to its start, so that a jump knows how far its target is, and
/// equal returns are one instruction: the kernel translates the program for each process that
/// installs it.
class BpfAssembler {
 public:
  /// An instruction, counted from the end.
  using Label = std::size_t;

  Label returning(std::uint32_t action) {
    const auto known = returns_.find(action);
    if (known != returns_.end() && is_near(known->second)) return known->second;
    return returns_[action] = emit(BPF_STMT(BPF_RET | BPF_K, action));
  }

  Label jump(int comparison, std::uint32_t value, Label taken, Label otherwise) {
    taken = bring_near(taken);
    otherwise = bring_near(otherwise);
    return emit(BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | comparison | BPF_K), value,
                         static_cast<std::uint8_t>(distance(taken)),
                         static_cast<std::uint8_t>(distance(otherwise))));
  }

  /// Loads a word of seccomp_data, and goes on with what was written last.
  Label load(std::size_t offset) {
    return emit(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)));
  }

  /// The low half of an argument: all that the kernel looks at for an int.
  Label load_argument(std::size_t index) {
    return load(offsetof(seccomp_data, args) + index * sizeof(std::uint64_t));
  }

  std::vector<sock_filter> finish() const { return {reversed_.rbegin(), reversed_.rend()}; }

 private:
  Label emit(const sock_filter& instruction) {
    reversed_.push_back(instruction);
    return reversed_.size() - 1;
  }

  /// From the next instruction.
  std::size_t distance(Label target) const { return reversed_.size() - target - 1; }

  /// A conditional jump reaches 255 instructions, an unconditional one everything.
  bool is_near(Label target) const {
    constexpr std::size_t kMargin = 2;  // bring_near() may write as many before the jump
    return distance(target) + kMargin <= 255;
  }

  Label bring_near(Label target) {
    if (is_near(target)) return target;
    return emit(BPF_STMT(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(distance(target))));
  }

  std::vector<sock_filter> reversed_;
  std::map<std::uint32_t, Label> returns_;
};

}  // namespace cbuild::sandbox
