// assay-bench-echo SOCKET ANSWER_FILE: the least that a server of this protocol can do: it reads frames and answers each with the bytes of the file, the id put in. One thread,
// one libuv loop, one write for all frames of a read. What assayd takes beyond this is what judging tokens costs, and what its own machinery does.
//
// It trusts its peer, the load generator: nothing is verified. It ends by a signal.
#include <uv.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "load/answer.h"

namespace {

constexpr std::size_t kReadBytes = 64 * 1024;

std::string answer;
std::size_t answer_id_offset = 0;

struct Peer {
  uv_pipe_t pipe{};
  std::vector<std::uint64_t> in;  // words, so that frames lie aligned
  std::size_t in_bytes = 0;
  std::string out;
};

// Write: what uv_try_write left over.
struct Write {
  uv_write_t request{};
  std::string bytes;
};

void check(int result, const char* what) {
  if (result >= 0) return;
  std::fprintf(stderr, "assay-bench-echo: %s: %s\n", what, uv_strerror(result));
  std::exit(1);
}

char* begin_of(Peer& peer) { return reinterpret_cast<char*>(peer.in.data()); }

void close(Peer& peer) {
  if (uv_is_closing(reinterpret_cast<uv_handle_t*>(&peer.pipe)) != 0) return;
  uv_close(reinterpret_cast<uv_handle_t*>(&peer.pipe), [](uv_handle_t* handle) { delete static_cast<Peer*>(handle->data); });
}

void allocate(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
  Peer& peer = *static_cast<Peer*>(handle->data);
  if (peer.in.size() * 8 < peer.in_bytes + kReadBytes) peer.in.resize((peer.in_bytes + kReadBytes) / 8 * 2);
  *buffer = uv_buf_init(begin_of(peer) + peer.in_bytes, static_cast<unsigned>(peer.in.size() * 8 - peer.in_bytes));
}

void send(Peer& peer) {
  uv_buf_t buffer = uv_buf_init(peer.out.data(), static_cast<unsigned>(peer.out.size()));
  auto* stream = reinterpret_cast<uv_stream_t*>(&peer.pipe);
  const int sent = uv_try_write(stream, &buffer, 1);
  if (sent < 0 && sent != UV_EAGAIN) return close(peer);
  peer.out.erase(0, sent > 0 ? static_cast<std::size_t>(sent) : 0);
  if (peer.out.empty()) return;
  auto* write = new Write;
  write->bytes.swap(peer.out);
  write->request.data = write;
  buffer = uv_buf_init(write->bytes.data(), static_cast<unsigned>(write->bytes.size()));
  check(uv_write(&write->request, stream, &buffer, 1, [](uv_write_t* request, int) { delete static_cast<Write*>(request->data); }), "uv_write");
}

void read(uv_stream_t* stream, ssize_t count, const uv_buf_t*) {
  Peer& peer = *static_cast<Peer*>(stream->data);
  if (count < 0) return close(peer);
  peer.in_bytes += static_cast<std::size_t>(count);
  std::size_t begin = 0;
  for (;;) {
    const std::span rest(reinterpret_cast<const std::byte*>(begin_of(peer)) + begin, peer.in_bytes - begin);
    const std::size_t bytes = assay::load::frame_bytes(rest);
    if (bytes == SIZE_MAX) return close(peer);
    if (bytes == 0 || bytes > rest.size()) break;
    const std::size_t at = peer.out.size();
    peer.out += answer;
    std::memcpy(peer.out.data() + at + answer_id_offset, rest.data() + assay::load::id_offset(rest), sizeof(std::uint64_t));
    begin += bytes;
  }
  std::memmove(begin_of(peer), begin_of(peer) + begin, peer.in_bytes - begin);
  peer.in_bytes -= begin;
  if (!peer.out.empty()) send(peer);
}

void accept(uv_stream_t* listener, int status) {
  check(status, "listen");
  auto* peer = new Peer;
  check(uv_pipe_init(listener->loop, &peer->pipe, 0), "uv_pipe_init");
  peer->pipe.data = peer;
  check(uv_accept(listener, reinterpret_cast<uv_stream_t*>(&peer->pipe)), "uv_accept");
  check(uv_read_start(reinterpret_cast<uv_stream_t*>(&peer->pipe), allocate, read), "uv_read_start");
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::fprintf(stderr, "assay-bench-echo SOCKET ANSWER_FILE (assay-bench --compare-echo starts it)\n");
    return 2;
  }
  std::ifstream file(arguments[2], std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  answer = text.str();
  std::vector<std::uint64_t> aligned(answer.size() / 8 + 1);
  std::memcpy(aligned.data(), answer.data(), answer.size());
  const auto frame = std::as_bytes(std::span(aligned)).first(answer.size());
  if (assay::load::frame_bytes(frame) != answer.size() || assay::load::read_answer(frame, {}).id == 0) {
    std::fprintf(stderr, "assay-bench-echo: %s is no answer\n", arguments[2]);
    return 2;
  }
  answer_id_offset = assay::load::id_offset(frame);

  uv_loop_t* loop = uv_default_loop();
  uv_pipe_t listener;
  check(uv_pipe_init(loop, &listener, 0), "uv_pipe_init");
  check(uv_pipe_bind(&listener, arguments[1]), arguments[1]);
  check(uv_listen(reinterpret_cast<uv_stream_t*>(&listener), 512, accept), "uv_listen");
  return uv_run(loop, UV_RUN_DEFAULT);
}
