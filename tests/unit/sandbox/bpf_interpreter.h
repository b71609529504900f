// Runs a system call filter as the kernel does.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace cbuild::sandbox {

/// What the kernel would do; only the instructions that the filter is made of.
inline std::uint32_t interpret(const std::vector<sock_filter>& program, const seccomp_data& data) {
  std::uint32_t accumulator = 0;
  for (std::size_t at = 0;; ++at) {
    const sock_filter& instruction = program.at(at);
    const auto jump = [&](bool taken) { at += taken ? instruction.jt : instruction.jf; };
    switch (instruction.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        std::memcpy(&accumulator, reinterpret_cast<const char*>(&data) + instruction.k, 4);
        break;
      case BPF_JMP | BPF_JA:
        at += instruction.k;
        break;
      case BPF_JMP | BPF_JEQ | BPF_K:
        jump(accumulator == instruction.k);
        break;
      case BPF_JMP | BPF_JGE | BPF_K:
        jump(accumulator >= instruction.k);
        break;
      case BPF_JMP | BPF_JSET | BPF_K:
        jump((accumulator & instruction.k) != 0);
        break;
      case BPF_RET | BPF_K:
        return instruction.k;
      default:
        throw std::runtime_error("an instruction that the filter has no need of");
    }
  }
}

}  // namespace cbuild::sandbox
