// JSON; see json.h.
#include "src/registry/json.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "cbuild/registry/credentials.h"
#include "cbuild/util/error.h"
#include "cbuild/util/text.h"

namespace cbuild::registry {

namespace {

using Json = nlohmann::json;
/// For files that are written again: it keeps the order of members. Each one that is read costs a
/// search through all before it, so answers of servers are not read into it.
using OrderedJson = nlohmann::ordered_json;

constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kShownError = 200;

/// How many brackets are open at once, those within texts not counted. A callback of the parser
/// could tell, too, but with one the parser takes quadratic time.
std::size_t nesting_of(std::string_view text) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_text && c == '\\') {
      ++i;
    } else if (c == '"') {
      in_text = !in_text;
    } else if (!in_text && (c == '{' || c == '[')) {
      deepest = std::max(deepest, ++depth);
    } else if (!in_text && (c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return deepest;
}

/// @throws Error
template <typename Document = Json>
Document parse_object(std::string_view text) {
  if (nesting_of(text) > kMaxDepth) throw Error("JSON nested more than {} deep", kMaxDepth);
  try {
    Document document = Document::parse(text);
    if (!document.is_object()) throw Error("not a JSON object");
    return document;
  } catch (const Json::exception& error) {
    throw Error("not valid JSON ({})",
                printable(std::string_view(error.what()).substr(0, kShownError)));
  }
}

template <typename Document>
std::string text_at(const Document& object, std::string_view name) {
  if (!object.is_object()) return {};
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->template get<std::string>()
                                                     : std::string();
}

/// An error of a registry: code, message, and the detail where that is a text.
std::string describe_error(const Json& error) {
  std::string line = text_at(error, "code");
  for (const char* name : {"message", "detail"}) {
    const std::string text = text_at(error, name);
    if (text.empty() || line.find(text) != std::string::npos) continue;
    line += (line.empty() ? "" : ": ") + text;
  }
  return line;
}

/// Invalid UTF-8 is replaced: no exception.
std::string dump(const OrderedJson& json, int indent) {
  return json.dump(indent, ' ', false, OrderedJson::error_handler_t::replace);
}

OrderedJson& auths_of(OrderedJson& file) {
  OrderedJson& auths = file["auths"];
  if (!auths.is_object()) auths = OrderedJson::object();
  return auths;
}

std::vector<AuthEntry> auth_entries(const OrderedJson& auths) {
  std::vector<AuthEntry> entries;
  if (!auths.is_object()) return entries;
  for (const auto& [key, value] : auths.items()) {
    entries.push_back({key, text_at(value, "auth"), text_at(value, "username"),
                       text_at(value, "password"), text_at(value, "identitytoken")});
  }
  return entries;
}

std::map<std::string, std::string> proxy_variables(const OrderedJson& proxies) {
  constexpr std::pair<const char*, const char*> kNames[] = {{"httpProxy", "HTTP_PROXY"},
                                                            {"httpsProxy", "HTTPS_PROXY"},
                                                            {"noProxy", "NO_PROXY"},
                                                            {"ftpProxy", "FTP_PROXY"},
                                                            {"allProxy", "ALL_PROXY"}};
  std::map<std::string, std::string> variables;
  for (const auto& [member, variable] : kNames) {
    if (std::string value = text_at(proxies, member); !value.empty()) {
      variables[variable] = std::move(value);
    }
  }
  return variables;
}

}  // namespace

TokenAnswer parse_token_answer(std::string_view json) {
  const Json object = parse_object(json);
  TokenAnswer answer;
  answer.token = text_at(object, "token");
  if (answer.token.empty()) answer.token = text_at(object, "access_token");
  if (answer.token.empty()) throw Error("the answer contains no token");
  const auto expires = object.find("expires_in");
  if (expires != object.end() && expires->is_number()) {
    const double seconds = expires->get<double>();
    answer.expires_in = seconds > 0 ? static_cast<std::uint64_t>(std::min(seconds, 1e9)) : 0;
  }
  return answer;
}

std::string parse_error_answer(std::string_view json) {
  try {
    const Json object = parse_object(json);
    std::string line;
    const auto errors = object.find("errors");
    if (errors != object.end() && errors->is_array()) {
      for (const Json& error : *errors) {
        const std::string text = describe_error(error);
        if (!text.empty()) line += (line.empty() ? "" : "; ") + text;
      }
    }
    for (const char* name : {"details", "error_description", "message", "error"}) {
      if (line.empty()) line = text_at(object, name);
    }
    return line;
  } catch (const Error&) {
    return {};
  }
}

std::optional<std::string> string_member(std::string_view json, std::string_view name) {
  try {
    const Json object = parse_object(json);
    const auto found = object.find(name);
    if (found == object.end() || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
  } catch (const Error&) {
    return std::nullopt;
  }
}

AuthFile AuthFile::parse(std::string_view json) {
  const OrderedJson object = parse_object<OrderedJson>(json);
  AuthFile file;
  file.store = text_at(object, "credsStore");
  if (const auto auths = object.find("auths"); auths != object.end()) {
    file.auths = auth_entries(*auths);
  }
  if (const auto proxies = object.find("proxies");
      proxies != object.end() && proxies->is_object() && proxies->contains("default")) {
    file.proxies = proxy_variables((*proxies)["default"]);
  }
  if (const auto helpers = object.find("credHelpers");
      helpers != object.end() && helpers->is_object()) {
    for (const auto& [key, value] : helpers->items()) {
      if (value.is_string()) file.helpers.push_back({key, value.get<std::string>()});
    }
  }
  return file;
}

AuthFile AuthFile::parse_legacy(std::string_view json) {
  AuthFile file;
  file.auths = auth_entries(parse_object(json));
  return file;
}

std::string with_auth_entry(std::string_view json,
                            const AuthEntry& entry,
                            const std::vector<std::string>& stale) {
  OrderedJson file = json.empty() ? OrderedJson::object() : parse_object<OrderedJson>(json);
  OrderedJson& auths = auths_of(file);
  for (const std::string& key : stale)
    auths.erase(key);
  OrderedJson value = OrderedJson::object();
  if (!entry.auth.empty()) value["auth"] = entry.auth;
  if (!entry.identity_token.empty()) value["identitytoken"] = entry.identity_token;
  auths[entry.key] = std::move(value);
  return dump(file, 2) + "\n";
}

std::string without_auth_entries(std::string_view json, const std::vector<std::string>& keys) {
  OrderedJson file = parse_object<OrderedJson>(json);
  OrderedJson& auths = auths_of(file);
  for (const std::string& key : keys)
    auths.erase(key);
  return dump(file, 2) + "\n";
}

std::string helper_document(const std::string& server, const Credentials& credentials) {
  OrderedJson object = OrderedJson::object();
  object["ServerURL"] = server;
  const bool token = !credentials.identity_token.empty();
  object["Username"] = token ? "<token>" : credentials.user;
  object["Secret"] = token ? credentials.identity_token : credentials.password;
  return dump(object, -1);
}

Credentials parse_helper_answer(std::string_view json) {
  const Json object = parse_object(json);
  Credentials credentials;
  credentials.user = text_at(object, "Username");
  const std::string secret = text_at(object, "Secret");
  if (credentials.user == "<token>") {
    credentials.user.clear();
    credentials.identity_token = secret;
  } else {
    credentials.password = secret;
  }
  return credentials;
}

}  // namespace cbuild::registry
