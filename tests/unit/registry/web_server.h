// A web server on 127.0.0.1 that answers as a test tells it to.
#pragma once

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cbuild/registry/options.h"
#include "cbuild/util/error.h"
#include "cbuild/util/fd.h"
#include "cbuild/util/text.h"

namespace cbuild::registry {

struct WebRequest {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;  ///< by their names in lower case
  std::string body;

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }

  std::string line() const { return method + " " + target; }
};

struct WebAnswer {
  int status = 200;
  std::vector<std::string> headers = {};  ///< "Name: value"
  std::string body = {};
  std::optional<std::size_t> cut = {};  ///< so much of the body is sent, then the connection ends
};

/// Answers one request a connection, one after the other. What begins a TLS handshake is hung up
/// on, as by a server that speaks plain HTTP only.
class WebServer {
 public:
  /// @param answer  is called by a thread of the server
  explicit WebServer(std::function<WebAnswer(const WebRequest&)> answer)
      : answer_(std::move(answer)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* place = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    if (::bind(listener_.get(), place, size) != 0 || ::listen(listener_.get(), 16) != 0 ||
        ::getsockname(listener_.get(), place, &size) != 0) {
      throw SysError("listen");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }

  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  ~WebServer() {
    ::eventfd_write(stop_.get(), 1);
    thread_.join();
  }

  std::string host() const { return fmt::format("127.0.0.1:{}", port_); }

  std::string url(const std::string& target) const { return "http://" + host() + target; }

  std::vector<WebRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

  /// Method and target of each request.
  std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    for (const WebRequest& request : requests())
      lines.push_back(request.line());
    return lines;
  }

 private:
  void serve() {
    for (;;) {
      pollfd waits[] = {{listener_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
      ::poll(waits, 2, -1);
      if (waits[1].revents != 0) return;
      const Fd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (connection) converse(connection);
    }
  }

  void converse(const Fd& connection) {
    std::string text;
    while (text.find("\r\n\r\n") == std::string::npos) {
      if (!receive(connection, text) || text[0] == '\x16') return;
    }
    const auto end = text.find("\r\n\r\n");
    WebRequest request = parse(text.substr(0, end));
    request.body = text.substr(end + 4);
    const auto length = parse_uint(request.header("content-length")).value_or(0);
    while (request.body.size() < length) {
      if (!receive(connection, request.body)) return;
    }
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    send(connection, request, answer_(request));
  }

  static bool receive(const Fd& connection, std::string& text) {
    char buffer[4096];
    const ssize_t count = ::recv(connection.get(), buffer, sizeof buffer, 0);
    if (count > 0) text.append(buffer, static_cast<std::size_t>(count));
    return count > 0;
  }

  static WebRequest parse(const std::string& head) {
    const std::vector<std::string> lines = split(head, '\n');
    const std::vector<std::string> words = split(lines.front(), ' ');
    WebRequest request{words.at(0), words.at(1), {}, {}};
    for (std::size_t i = 1; i < lines.size(); ++i) {
      const auto colon = lines[i].find(':');
      request.headers[to_lower(lines[i].substr(0, colon))] = trim(lines[i].substr(colon + 1));
    }
    return request;
  }

  static void send(const Fd& connection, const WebRequest& request, const WebAnswer& answer) {
    std::string text = fmt::format("HTTP/1.1 {} Told\r\nConnection: close\r\n", answer.status);
    bool has_length = answer.status == 304;
    for (const std::string& header : answer.headers) {
      text += header + "\r\n";
      has_length = has_length || header.starts_with("Content-Length:");
    }
    if (!has_length) text += fmt::format("Content-Length: {}\r\n", answer.body.size());
    text += "\r\n";
    if (request.method != "HEAD")
      text += answer.body.substr(0, answer.cut.value_or(std::string::npos));
    ::send(connection.get(), text.data(), text.size(), MSG_NOSIGNAL);
  }

  const std::function<WebAnswer(const WebRequest&)> answer_;
  const Fd listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const Fd stop_{::eventfd(0, EFD_CLOEXEC)};
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<WebRequest> requests_;
  std::thread thread_;
};

/// Waits as short as can be, and no credentials of the caller.
inline Options quick_options() {
  Options options;
  options.times.first_delay = std::chrono::milliseconds(1);
  return options;
}

}  // namespace cbuild::registry
