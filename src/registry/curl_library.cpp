// Opens libcurl; see curl_library.h.
#include "src/registry/curl_library.h"

#include <dlfcn.h>

#include "cbuild/util/error.h"

namespace cbuild::registry {

namespace {

constexpr const char* kHint =
    "install libcurl 7.68 or newer (Debian and Ubuntu: apt install libcurl4)";

template <typename Function>
void find(void* library, const char* name, Function& function) {
  void* symbol = ::dlsym(library, name);
  if (symbol == nullptr) {
    throw Error(ErrorKind::machine, "libcurl.so.4 lacks {}", name).with_hint(kHint);
  }
  function = reinterpret_cast<Function>(symbol);
}

CurlLibrary load() {
  // Neither clang's nor gcc's sanitizers care for DEEPBIND; LOCAL keeps its OpenSSL out of our way.
  void* library = ::dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* reason = ::dlerror();  // NOLINT(concurrency-mt-unsafe): per thread in glibc
    throw Error(ErrorKind::machine, "registries and URLs need libcurl, which cannot be loaded: {}",
                reason != nullptr ? reason : "libcurl.so.4")
        .with_hint(kHint);
  }
  CurlLibrary curl;
  find(library, "curl_global_init", curl.global_init);
  find(library, "curl_easy_init", curl.easy_init);
  find(library, "curl_easy_cleanup", curl.easy_cleanup);
  find(library, "curl_easy_reset", curl.easy_reset);
  find(library, "curl_easy_setopt", curl.easy_setopt);
  find(library, "curl_easy_getinfo", curl.easy_getinfo);
  find(library, "curl_easy_pause", curl.easy_pause);
  find(library, "curl_easy_strerror", curl.easy_strerror);
  find(library, "curl_getdate", curl.getdate);
  find(library, "curl_slist_append", curl.slist_append);
  find(library, "curl_slist_free_all", curl.slist_free_all);
  find(library, "curl_multi_init", curl.multi_init);
  find(library, "curl_multi_cleanup", curl.multi_cleanup);
  find(library, "curl_multi_add_handle", curl.multi_add_handle);
  find(library, "curl_multi_remove_handle", curl.multi_remove_handle);
  find(library, "curl_multi_perform", curl.multi_perform);
  find(library, "curl_multi_poll", curl.multi_poll);
  find(library, "curl_multi_info_read", curl.multi_info_read);
  find(library, "curl_multi_strerror", curl.multi_strerror);
  if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    throw Error(ErrorKind::machine, "libcurl cannot be initialised");
  }
  return curl;
}

}  // namespace

const CurlLibrary& CurlLibrary::get() {
  static const CurlLibrary curl = load();
  return curl;
}

}  // namespace cbuild::registry
