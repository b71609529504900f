// Builds one visitor out of several lambdas: std::visit(overloaded{...}, variant).
#pragma once

namespace cbuild {

template <typename... Handlers>
struct overloaded : Handlers... {
  using Handlers::operator()...;
};

template <typename... Handlers>
overloaded(Handlers...) -> overloaded<Handlers...>;

}  // namespace cbuild
