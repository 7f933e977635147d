// Connections with a frame to take, in turn.
#pragma once

#include "base/check.h"
#include "server/connection.h"

namespace assay::server {

// ReadyQueue: an intrusive list, so that joining, leaving and rotating allocate nothing. A connection stands in it once or not at all. Borrows the connections.
class ReadyQueue {
 public:
  ReadyQueue() = default;
  ReadyQueue(const ReadyQueue&) = delete;
  ReadyQueue& operator=(const ReadyQueue&) = delete;

  bool empty() const noexcept { return first_ == nullptr; }

  // push_back(connection): without effect if it is in the queue.
  void push_back(Connection& connection) noexcept { insert(connection, last_, nullptr); }
  void push_front(Connection& connection) noexcept { insert(connection, nullptr, first_); }

  // pop_front(): the one whose turn it is. The queue is not empty.
  Connection& pop_front() noexcept {
    CHECK(first_ != nullptr);
    Connection& connection = *first_;
    remove(connection);
    return connection;
  }

  // remove(connection): without effect if it is not in the queue.
  void remove(Connection& connection) noexcept {
    Connection::Turn& turn = connection.turn;
    if (!turn.ready) return;
    (turn.previous != nullptr ? turn.previous->turn.next : first_) = turn.next;
    (turn.next != nullptr ? turn.next->turn.previous : last_) = turn.previous;
    turn.ready = false;
    turn.next = turn.previous = nullptr;
  }

 private:
  void insert(Connection& connection, Connection* previous, Connection* next) noexcept {
    Connection::Turn& turn = connection.turn;
    if (turn.ready) return;
    turn.ready = true;
    turn.previous = previous;
    turn.next = next;
    (previous != nullptr ? previous->turn.next : first_) = &connection;
    (next != nullptr ? next->turn.previous : last_) = &connection;
  }

  Connection* first_ = nullptr;
  Connection* last_ = nullptr;
};

}  // namespace assay::server
