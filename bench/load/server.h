// Whom the load is put on: a daemon that runs, one that is started, or the echo server.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "load/options.h"
#include "load/process.h"
#include "load/workload.h"

namespace assay::load {

// ask(socket, request, timeout_s): the whole answer to one request, on a connection of its own. It is not verified. Throws Failure.
std::string ask(const std::string& socket, std::string_view request, double timeout_s);

// Server: what a run needs to know, and, if we have started it, its process and folder.
struct Server {
  std::string socket;
  std::string version;       // of the daemon, as its Pong says
  std::optional<pid_t> pid;  // whose CPU time is the server's; nothing: not known
  std::unique_ptr<Folder> folder;
  std::unique_ptr<Child> child;
};

// find_daemon(options): the one of --socket; it must answer a Ping. Throws Failure.
Server find_daemon(const Options& options);
// start_daemon(options, configuration): an assayd of our own with that configuration in force. Throws Failure, with what the daemon said.
Server start_daemon(const Options& options, const std::string& configuration);
// start_echo(options, answer): the echo server, which answers every frame with that one. Throws Failure.
Server start_echo(const Options& options, std::string_view answer);

// raise_descriptor_limit(connections): so that they can be. Throws Usage if the host does not let us.
void raise_descriptor_limit(std::size_t connections);

}  // namespace assay::load
