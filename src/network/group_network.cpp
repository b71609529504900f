// Puts table, links, border, names and publications together; see group_network.h.
#include "cbuild/network/group_network.h"

#include <sys/stat.h>

#include <map>
#include <utility>

#include "cbuild/util/error.h"
#include "cbuild/util/event_loop.h"
#include "src/network/group_links.h"
#include "src/network/group_table.h"
#include "src/network/inside_thread.h"
#include "src/network/name_space.h"
#include "src/network/names.h"
#include "src/network/pipe_pool.h"
#include "src/network/publication.h"
#include "src/network/resolver.h"
#include "src/network/resolver_config.h"
#include "src/network/service_thread.h"
#include "src/network/tcp_border.h"
#include "src/network/tcp_resolver.h"
#include "src/network/udp_border.h"

namespace cbuild::network {

namespace {

/// The parent of handlers that end together.
class Root final : public Handler {
 public:
  void ready(std::uint32_t) override {}
};

/// Puts a handler under its parent, in the loop.
template <typename Made, typename... Args>
Made& adopt(EventLoop& loop, Handler& parent, Args&&... args) {
  auto owned = std::make_unique<Made>(loop, std::forward<Args>(args)...);
  Made& made = *owned;
  loop.own(std::move(owned), &parent);
  return made;
}

/// Equal for all descriptors of one namespace. @throws SysError
std::uint64_t identity_of(int name_space) {
  struct stat status {};

  if (::fstat(name_space, &status) != 0) throw SysError("look at a network namespace");
  return status.st_ino;
}

/// The name service of one network, on the host's loop.
struct NameService {
  DnsSockets sockets;
  Root handlers;
};

struct Published {
  Endpoint target;
  Publication* publication = nullptr;  ///< owned by the inside loop, as is its handler
  Handler* handler = nullptr;
};

}  // namespace

struct GroupNetwork::Impl {
  Impl(EventLoop& loop, const Options& options)
      : host(loop),
        config(resolver_config(options.resolv_conf, options.servers)),
        inside(make_name_space([] {})) {
    inside.call([this] { links.emplace(); });
    adopt<TcpBorder>(host, border, host_pipes, links->border().tcp.get(), find_target());
    adopt<UdpBorder>(host, border, links->border(), find_target());
  }

  ~Impl() {
    host.drop_children(border);
    for (auto& [name, service] : services)
      host.drop_children(service.handlers);
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  FindTarget find_target() const {
    return [this](const Endpoint& guest, const Endpoint& asked) {
      return table.target_of(guest, asked);
    };
  }

  void serve_names(const std::string& network, DnsSockets sockets) {
    NameService& service = services[network];
    service.sockets = std::move(sockets);
    const LocalAnswer local = [this](const Endpoint& asker, std::span<const std::byte> query,
                                     std::size_t limit) {
      return names.answer(asker, query, limit);
    };
    adopt<Resolver>(host, service.handlers, service.sockets.udp.get(), config.servers, local);
    adopt<TcpResolver>(host, service.handlers, service.sockets.tcp.get(), config.servers, local);
  }

  void send_rules() {
    inside.loop().post([this, rules = table.rules()] { links->set_rules(rules); });
  }

  /// Tells a publication where its target is now.
  void send_route(const Published& published) {
    inside.loop().post(
        [publication = published.publication, route = table.route_to(published.target)] {
          publication->set_route(route);
        });
  }

  void send_routes() {
    for (const auto& [id, published] : publications)
      send_route(published);
  }

  EventLoop& host;
  const ResolverConfig config;
  GroupTable table;
  Names names{table};
  PipePool host_pipes;
  PipePool inside_pipes;
  Root border;
  std::map<std::string, NameService> services;
  std::map<PublicationId, Published> publications;
  std::uint64_t last_publication = 0;
  Root inside_root;
  std::optional<GroupLinks> links;  ///< used by the inside thread
  InsideThread inside;
};

GroupNetwork::GroupNetwork(EventLoop& host, const Options& options) {
  allow_many_descriptors();
  impl_ = std::make_unique<Impl>(host, options);
}

GroupNetwork::~GroupNetwork() = default;

void GroupNetwork::add_bridge(const Bridge& bridge) {
  impl_->table.check(bridge);
  unsigned link = 0;
  impl_->inside.call([&] { link = impl_->links->add_bridge(bridge); });
  impl_->table.add(bridge, link);
  try {
    DnsSockets sockets;
    impl_->inside.call([&, rules = impl_->table.rules()] {
      impl_->links->set_rules(rules);
      sockets = open_dns(bridge.gateway);
    });
    impl_->serve_names(bridge.network, std::move(sockets));
  } catch (const Error&) {
    remove_bridge(bridge.network);
    throw;
  }
  impl_->send_routes();
}

void GroupNetwork::remove_bridge(const std::string& network) {
  const GroupTable::Network removed = impl_->table.remove(network);
  if (const auto service = impl_->services.find(network); service != impl_->services.end()) {
    impl_->host.drop_children(service->second.handlers);
    impl_->services.erase(service);
  }
  impl_->inside.loop().post(
      [impl = impl_.get(), link = removed.link, rules = impl_->table.rules()] {
        impl->links->set_rules(rules);
        impl->links->remove_bridge(link);
      });
}

Fd GroupNetwork::make_namespace() {
  return make_name_space([] {});
}

Attachment::Id GroupNetwork::attach(const Attachment& attachment) {
  impl_->table.check(attachment);
  const GroupTable::Network& network = impl_->table.network(attachment.network);
  GroupTable::Member member{.attachment = attachment,
                            .container = identity_of(attachment.name_space)};
  impl_->inside.call(
      [&] { member.link = impl_->links->plug(network.bridge, network.link, attachment); });
  const Attachment::Id id = impl_->table.add(std::move(member));
  impl_->send_routes();
  if (!attachment.host_gateway) return id;
  try {
    impl_->inside.call(
        [impl = impl_.get(), rules = impl_->table.rules()] { impl->links->set_rules(rules); });
  } catch (const Error&) {
    detach(id);
    throw;
  }
  return id;
}

void GroupNetwork::detach(Attachment::Id id) noexcept {
  const auto member = impl_->table.remove(id);
  if (!member) return;
  if (member->attachment.host_gateway) impl_->send_rules();
  for (const auto& [publication, published] : impl_->publications) {
    if (published.target.with_port(0) != member->attachment.address.with_port(0)) continue;
    impl_->send_route(published);
    impl_->inside.loop().post([ended = published.publication] { ended->end_clients(); });
  }
  impl_->inside.loop().post(
      [impl = impl_.get(), link = member->link] { impl->links->unplug(link); });
}

GroupNetwork::PublicationId GroupNetwork::publish(Fd listener,
                                                  Protocol protocol,
                                                  const Endpoint& target) {
  Published published{.target = target};
  impl_->inside.call([&, route = impl_->table.route_to(target)] {
    const auto put = [&](auto& made) {
      made.set_route(route);
      published.publication = &made;
      published.handler = &made;
    };
    EventLoop& loop = impl_->inside.loop();
    if (protocol == Protocol::tcp) {
      put(adopt<TcpPublication>(loop, impl_->inside_root, impl_->inside_pipes,
                                std::move(listener)));
    } else {
      put(adopt<UdpPublication>(loop, impl_->inside_root, std::move(listener)));
    }
  });
  const auto id = PublicationId{++impl_->last_publication};
  impl_->publications.emplace(id, published);
  return id;
}

void GroupNetwork::retarget(PublicationId id, const Endpoint& target) {
  Published& published = impl_->publications.at(id);
  published.target = target;
  impl_->send_route(published);
}

void GroupNetwork::unpublish(PublicationId id) noexcept {
  const auto found = impl_->publications.find(id);
  if (found == impl_->publications.end()) return;
  EventLoop& loop = impl_->inside.loop();
  loop.post([&loop, handler = found->second.handler] { loop.drop(*handler); });
  impl_->publications.erase(found);
}

}  // namespace cbuild::network
