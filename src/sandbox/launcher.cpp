// A program of one page, assembled here; see launcher.h.
#include "src/sandbox/launcher.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>

#include <cstddef>
#include <span>
#include <string>

#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/fd_stream.h"
#include "cbuild/util/io.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

// if (fcntl(3, F_SETFD, FD_CLOEXEC) >= 0) {
//   execve(argv[0], argv + 1, envp);
//   write(3, &errno, 4);
// }
// exit_group(127);
// At the start the stack holds argc, argv, NULL, envp, NULL. Without a report it was started by a
// step, as "/proc/self/exe", and does nothing.
#if defined(__x86_64__)
asm(R"(
  .pushsection .rodata
  .globl cbuild_launcher_begin, cbuild_launcher_end
  .hidden cbuild_launcher_begin, cbuild_launcher_end
cbuild_launcher_begin:
  movl $72, %eax
  movl $3, %edi
  movl $2, %esi
  movl $1, %edx
  syscall
  testl %eax, %eax
  js 1f
  movl $59, %eax
  movq 8(%rsp), %rdi
  leaq 16(%rsp), %rsi
  movq (%rsp), %rcx
  leaq (%rsi,%rcx,8), %rdx
  syscall
  negl %eax
  movl %eax, (%rsp)
  movl $1, %eax
  movl $3, %edi
  movq %rsp, %rsi
  movl $4, %edx
  syscall
1:
  movl $231, %eax
  movl $127, %edi
  syscall
  hlt
cbuild_launcher_end:
  .popsection
)");
constexpr Elf64_Half kMachine = EM_X86_64;
#elif defined(__aarch64__)
asm(R"(
  .pushsection .rodata
  .balign 4
  .globl cbuild_launcher_begin, cbuild_launcher_end
  .hidden cbuild_launcher_begin, cbuild_launcher_end
cbuild_launcher_begin:
  mov x8, #25
  mov x0, #3
  mov x1, #2
  mov x2, #1
  svc #0
  tbnz x0, #63, 1f
  mov x8, #221
  ldr x0, [sp, #8]
  add x1, sp, #16
  ldr x3, [sp]
  add x2, x1, x3, lsl #3
  svc #0
  neg w0, w0
  str w0, [sp]
  mov x8, #64
  mov x0, #3
  mov x1, sp
  mov x2, #4
  svc #0
1:
  mov x8, #94
  mov x0, #127
  svc #0
  brk #0
cbuild_launcher_end:
  .popsection
)");
constexpr Elf64_Half kMachine = EM_AARCH64;
#else
#error "the launcher is not written for this processor"
#endif

extern "C" const unsigned char cbuild_launcher_begin[];
extern "C" const unsigned char cbuild_launcher_end[];

namespace cbuild::sandbox {

namespace {

struct Image {
  Elf64_Ehdr header;
  Elf64_Phdr segments[2];
};

constexpr Elf64_Addr kAddress = 0x400000;
constexpr Elf64_Xword kPage = 0x10000;  // the largest there is

std::string assemble() {
  const std::span<const unsigned char> code(cbuild_launcher_begin, cbuild_launcher_end);
  const std::size_t size = sizeof(Image) + code.size();
  Image image{};
  image.header = {
      .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
      .e_type = ET_EXEC,
      .e_machine = kMachine,
      .e_version = EV_CURRENT,
      .e_entry = kAddress + sizeof(Image),
      .e_phoff = offsetof(Image, segments),
      .e_shoff = 0,
      .e_flags = 0,
      .e_ehsize = sizeof(Elf64_Ehdr),
      .e_phentsize = sizeof(Elf64_Phdr),
      .e_phnum = 2,
      .e_shentsize = 0,
      .e_shnum = 0,
      .e_shstrndx = 0};
  image.segments[0] = {.p_type = PT_LOAD,
                       .p_flags = PF_R | PF_X,
                       .p_offset = 0,
                       .p_vaddr = kAddress,
                       .p_paddr = kAddress,
                       .p_filesz = size,
                       .p_memsz = size,
                       .p_align = kPage};
  image.segments[1] = {.p_type = PT_GNU_STACK,
                       .p_flags = PF_R | PF_W,
                       .p_offset = 0,
                       .p_vaddr = 0,
                       .p_paddr = 0,
                       .p_filesz = 0,
                       .p_memsz = 0,
                       .p_align = 16};
  std::string program(reinterpret_cast<const char*>(&image), sizeof image);
  program.append(reinterpret_cast<const char*>(code.data()), code.size());
  return program;
}

Fd make_launcher() {
  constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  Fd memory(::memfd_create("launcher", kFlags | MFD_EXEC));
  if (!memory && errno == EINVAL) memory = Fd(::memfd_create("launcher", kFlags));  // before 6.3
  if (!memory) throw SysError("memfd_create");
  write_all(memory.get(), as_bytes(assemble()), "launcher");
  if (::fcntl(memory.get(), F_ADD_SEALS,
              F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0) {
    throw SysError("seal the launcher");
  }
  return memory;
}

}  // namespace

const Fd& launcher() {
  static const Fd memory = make_launcher();
  return memory;
}

}  // namespace cbuild::sandbox
