// Runs a program as a shell would, but without a shell.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <vector>

namespace assay::test {

struct Finished {
  int exit_code = -1;  // -1: ended by a signal
  std::string out;
  std::string err;
};

inline std::string content_of(int fd) {
  std::string out;
  char chunk[4096];
  lseek(fd, 0, SEEK_SET);
  for (ssize_t count; (count = read(fd, chunk, sizeof(chunk))) > 0;) out.append(chunk, static_cast<std::size_t>(count));
  return out;
}

// run(arguments, input): the first argument is the program. Waits for its end. out_path: standard output goes there instead.
inline Finished run(const std::vector<std::string>& arguments, std::string_view input = {}, const char* out_path = nullptr) {
  const int in = memfd_create("in", 0);
  const int out = out_path == nullptr ? memfd_create("out", 0) : open(out_path, O_WRONLY);
  const int err = memfd_create("err", 0);
  EXPECT_EQ(write(in, input.data(), input.size()), static_cast<ssize_t>(input.size()));
  lseek(in, 0, SEEK_SET);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    execv(argv[0], argv.data());
    _exit(127);
  }
  int status = 0;
  waitpid(child, &status, 0);
  Finished finished{WIFEXITED(status) ? WEXITSTATUS(status) : -1, out_path == nullptr ? content_of(out) : std::string(), content_of(err)};
  for (const int fd : {in, out, err}) close(fd);
  return finished;
}

}  // namespace assay::test
