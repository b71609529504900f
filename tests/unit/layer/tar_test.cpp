// Tests of the tar reader and writer: dialects, limits, lies.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "cbuild/util/error.h"
#include "cbuild/util/string_stream.h"
#include "src/layer/tar_reader.h"
#include "tests/unit/layer/tree.h"

namespace cbuild::layer {

namespace {

struct Read {
  TarEntry entry;
  std::string content;
};

std::vector<Read> read_tar(std::string bytes) {
  StringSource source(std::move(bytes));
  TarReader reader(source);
  std::vector<Read> entries;
  for (TarEntry entry; reader.next(entry);) {
    std::string content;
    for (TarChunk chunk = reader.content(); !chunk.bytes.empty(); chunk = reader.content()) {
      content.resize(chunk.offset, '\0');
      content.append(reinterpret_cast<const char*>(chunk.bytes.data()), chunk.bytes.size());
    }
    content.resize(entry.size, '\0');
    entries.push_back({entry, content});
  }
  while (reader.drain() != 0) {
  }
  return entries;
}

std::string write_entries(const std::vector<Read>& entries) {
  StringSink sink;
  TarWriter writer(sink);
  for (const Read& read : entries) {
    writer.start(read.entry);
    writer.content(as_bytes(read.content));
  }
  writer.finish();
  return sink.take();
}

Read file_entry(std::string path, std::string content = "") {
  Read read;
  read.entry.path = std::move(path);
  read.entry.size = content.size();
  read.entry.mode = 0644;
  read.content = std::move(content);
  return read;
}

std::string long_path(std::size_t size) {
  std::string path;
  while (path.size() < size)
    path += "component/";
  path.resize(size, 'x');
  path.back() = 'z';
  return path;
}

}  // namespace

TEST_CASE("what is written is read again, whatever its names, ids and times") {
  std::vector<Read> entries;
  for (const std::size_t size : {1, 99, 100, 101, 155, 255, 256, 257, 300, 4000}) {
    entries.push_back(file_entry(long_path(size), std::string(size, 'c')));
  }
  entries.push_back(file_entry(std::string(100, 'n')));
  entries.push_back(file_entry(std::string(101, 'n')));
  entries.push_back(file_entry("caf\xc3\xa9"));
  entries.push_back(file_entry("not\xff\xfeutf8"));
  entries.push_back(file_entry(long_path(200) + "\xff\xfe"));
  for (const std::int64_t seconds :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{-5'000'000'000},
        std::int64_t{8'589'934'591}, std::int64_t{8'589'934'592}}) {
    Read read = file_entry("time");
    read.entry.mtime.seconds = seconds;
    entries.push_back(read);
  }
  for (const std::uint64_t id : {2'097'151ULL, 2'097'152ULL, 4'294'967'294ULL}) {
    Read read = file_entry("owner");
    read.entry.uid = id;
    read.entry.gid = id + 0;
    entries.push_back(read);
  }
  Read link;
  link.entry.type = TarEntry::Type::symlink;
  link.entry.path = "link";
  link.entry.link = long_path(150);
  entries.push_back(link);
  Read xattrs = file_entry("xattrs");
  xattrs.entry.xattrs = {{"security.capability", std::string("\1\0\0\2=\n\0", 7)}, {"user.a", "b"}};
  entries.push_back(xattrs);
  Read device;
  device.entry.type = TarEntry::Type::char_device;
  device.entry.path = "device";
  device.entry.major = 4095;
  device.entry.minor = 1'048'575;
  entries.push_back(device);

  const std::string bytes = write_entries(entries);
  CHECK(bytes == write_entries(entries));
  CHECK(bytes.size() % 512 == 0);
  const std::vector<Read> again = read_tar(bytes);
  REQUIRE(again.size() == entries.size());
  for (std::size_t i = 0; i < again.size(); ++i) {
    CAPTURE(entries[i].entry.path);
    CHECK(again[i].entry.path == entries[i].entry.path);
    CHECK(again[i].entry.link == entries[i].entry.link);
    CHECK(again[i].entry.type == entries[i].entry.type);
    CHECK(again[i].entry.uid == entries[i].entry.uid);
    CHECK(again[i].entry.gid == entries[i].entry.gid);
    CHECK(again[i].entry.mtime == entries[i].entry.mtime);
    CHECK(again[i].entry.xattrs == entries[i].entry.xattrs);
    CHECK(again[i].entry.major == entries[i].entry.major);
    CHECK(again[i].entry.minor == entries[i].entry.minor);
    CHECK(again[i].content == entries[i].content);
  }
}

TEST_CASE("PAX headers are written only where ustar does not suffice") {
  const auto has_pax = [](const Read& read) {
    return write_entries({read}).find("PaxHeader") != std::string::npos;
  };
  CHECK_FALSE(has_pax(file_entry(std::string(100, 'n'))));
  CHECK_FALSE(has_pax(file_entry(std::string(155, 'd') + "/" + std::string(100, 'n'))));
  CHECK(has_pax(file_entry(std::string(156, 'd') + "/" + std::string(100, 'n'))));
  CHECK(has_pax(file_entry(std::string(155, 'd') + "/" + std::string(101, 'n'))));
  CHECK(has_pax(file_entry(std::string(101, 'n'))));
}

TEST_CASE("a size above 8 GiB goes through PAX") {
  StringSink sink;
  TarWriter writer(sink);
  Read big = file_entry("big");
  big.entry.size = std::uint64_t{9} << 30;
  writer.start(big.entry);
  writer.finish();
  StringSource source(sink.take());
  TarReader reader(source);
  TarEntry entry;
  REQUIRE(reader.next(entry));
  CHECK(entry.size == big.entry.size);
  CHECK_THROWS_AS(reader.next(entry), Error);
}

TEST_CASE("old dialects are read") {
  TarHeader v7 = Tar::header("dir/", '\0');
  v7.magic = {};
  TarHeader base256 = Tar::header("big-uid", '0');
  base256.uid = {'\x80', 0, 0, 0, '\x7f', '\xff', '\xff', '\xff'};
  base256.mtime = {'\xff', '\xff', '\xff', '\xff', '\xff', '\xff',
                   '\xff', '\xff', '\xff', '\xff', '\xff', '\xfe'};
  TarHeader spaces = Tar::header("spaces", '0');
  std::memcpy(spaces.mode.data(), "  644 \0", 8);
  TarHeader prefixed = Tar::header("name", '0');
  std::memcpy(prefixed.prefix.data(), "a/b", 3);
  const std::string name = long_path(300);
  Tar tar;
  tar.add(v7).add(base256).add(spaces).add(prefixed);
  tar.add(Tar::header("././@LongLink", 'L', 301), name + '\0').file("cut", "1");
  tar.add(Tar::header("././@LongLink", 'K', 301), name + '\0').symlink("link", "cut");
  tar.pax(Tar::record("comment", "x") + Tar::record("path", "evil"), 'g').file("after-global");
  tar.pax(Tar::record("path", "pax") + Tar::record("mtime", "12.25")).file("cut");
  tar.pax(Tar::record("mtime", "-1.5")).file("negative");
  const auto entries = read_tar(tar.end().bytes);
  REQUIRE(entries.size() == 9);
  CHECK(entries[0].entry.type == TarEntry::Type::directory);
  CHECK(entries[1].entry.uid == 0x7fffffff);
  CHECK(entries[1].entry.mtime.seconds == -2);
  CHECK(entries[2].entry.mode == 0644);
  CHECK(entries[3].entry.path == "a/b/name");
  CHECK(entries[4].entry.path == name);
  CHECK(entries[4].content == "1");
  CHECK(entries[5].entry.link == name);
  CHECK(entries[6].entry.path == "after-global");
  CHECK(entries[7].entry.path == "pax");
  CHECK(entries[7].entry.mtime == TarTime{12, 250'000'000});
  CHECK(entries[8].entry.mtime == TarTime{-2, 500'000'000});
}

TEST_CASE("the archive ends at two zero blocks or at the end of the stream") {
  CHECK(read_tar("").empty());
  CHECK(read_tar(std::string(1024, '\0')).empty());
  CHECK(read_tar(Tar().file("a").bytes).size() == 1);
  CHECK(read_tar(Tar().file("a").bytes + std::string(512, '\0')).size() == 1);
  CHECK(read_tar(Tar().file("a").end().file("b").end().bytes + "rest").size() == 1);
  CHECK_THROWS_AS(read_tar(Tar().file("a").bytes + std::string(512, '\0') + Tar().file("b").bytes),
                  Error);
}

TEST_CASE("the size in a PAX header decides where the next header is") {
  // What the ustar size says would make the content an entry of its own.
  const std::string inner = Tar().file("inner", "evil").bytes;
  Tar tar;
  tar.pax(Tar::record("size", std::to_string(inner.size())));
  tar.add(Tar::header("outer", '0', 0), inner).file("next");
  const auto entries = read_tar(tar.end().bytes);
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].entry.path == "outer");
  CHECK(entries[0].content == inner);
  CHECK(entries[1].entry.path == "next");
}

TEST_CASE("links and directories have no content, whatever their size says") {
  Tar tar;
  for (const char type : {'1', '2', '3', '4', '5', '6'})
    tar.add(Tar::header("x", type, 512));
  CHECK(read_tar(tar.file("last").end().bytes).size() == 7);
}

// Rows that readers disagree about: libarchive reads each of them otherwise (tests/bench/archives).
TEST_CASE("what two readers may see differently is read as docker reads it") {
  const auto names = [](const Tar& tar) {
    std::string text;
    for (const Read& read : read_tar(tar.bytes))
      text += read.entry.path + " ";
    return text;
  };
  const std::string inner = Tar().file("inner", "evil").bytes;
  for (const char type : {'1', '2', '3', '4', '5', '6'}) {
    CAPTURE(type);
    Tar tar;
    tar.pax(Tar::record("size", std::to_string(inner.size()))).add(Tar::header("x", type));
    tar.bytes += inner;
    CHECK(names(tar.file("next")) == "x inner next ");
  }
  TarHeader nul = Tar::header("x", '0', 5);
  nul.size[0] = '\0';
  CHECK(names(Tar().add(nul, "hello").file("next")) == "x next ");

  Tar tar;
  tar.file("x/", "hello");
  tar.pax(Tar::record("path", "cafe\xcc\x81")).file("cut");
  tar.pax(Tar::record("SCHILY.realsize", "100")).file("short", "hello");
  tar.pax(Tar::record("SCHILY.xattr.user.a", "1") + Tar::record("SCHILY.xattr.user.a", "2") +
          Tar::record("LIBARCHIVE.xattr.user.a", "Mw"));
  tar.file("attribute");
  const auto entries = read_tar(tar.end().bytes);
  REQUIRE(entries.size() == 4);
  CHECK(entries[0].entry.type == TarEntry::Type::file);
  CHECK(entries[0].content == "hello");
  CHECK(entries[1].entry.path == "cafe\xcc\x81");
  CHECK(entries[2].content == "hello");
  CHECK(entries[3].entry.xattrs == std::vector<Xattr>{{"user.a", "2"}});
}

TEST_CASE("sparse files of all formats come out whole") {
  const std::string want =
      std::string(1000, '\0') + "abc" + std::string(497, '\0') + "de" + std::string(498, '\0');
  REQUIRE(want.size() == 2000);
  Tar tar;
  TarHeader old = Tar::header("old", 'S', 5);
  std::memcpy(old.magic.data(), "ustar  \0", 8);
  auto* at = reinterpret_cast<char*>(&old);
  Tar::octal({at + 386, 12}, 1000);
  Tar::octal({at + 398, 12}, 3);
  Tar::octal({at + 410, 12}, 1500);
  Tar::octal({at + 422, 12}, 2);
  Tar::octal({at + 434, 12}, 2000);
  Tar::octal({at + 446, 12}, 0);
  Tar::octal({at + 483, 12}, 2000);
  tar.add(old, "abcde");
  tar.pax(Tar::record("GNU.sparse.size", "2000") + Tar::record("GNU.sparse.numblocks", "2") +
          Tar::record("GNU.sparse.offset", "1000") + Tar::record("GNU.sparse.numbytes", "3") +
          Tar::record("GNU.sparse.offset", "1500") + Tar::record("GNU.sparse.numbytes", "2"));
  tar.file("v00", "abcde");
  tar.pax(Tar::record("GNU.sparse.size", "2000") + Tar::record("GNU.sparse.name", "v01") +
          Tar::record("GNU.sparse.map", "1000,3,1500,2"));
  tar.file("cut", "abcde");
  std::string map = "2\n1000\n3\n1500\n2\n";
  map.resize(512);
  tar.pax(Tar::record("GNU.sparse.major", "1") + Tar::record("GNU.sparse.minor", "0") +
          Tar::record("GNU.sparse.name", "v10") + Tar::record("GNU.sparse.realsize", "2000"));
  tar.file("cut", map + "abcde");
  const auto entries = read_tar(tar.end().bytes);
  REQUIRE(entries.size() == 4);
  const char* names[] = {"old", "v00", "v01", "v10"};
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(entries[i].entry.path == names[i]);
    CHECK(entries[i].content == want);
  }
}

TEST_CASE("what is no tar, or two, is refused") {
  const auto sparse = [](std::string_view size, std::string_view map) {
    return Tar()
        .pax(Tar::record("GNU.sparse.size", size) + Tar::record("GNU.sparse.map", map))
        .file("x", "abcde")
        .bytes;
  };
  TarHeader bad_sum = Tar::header("x", '0');
  std::memcpy(bad_sum.checksum.data(), "0000001", 7);
  TarHeader bad_size = Tar::header("x", '0');
  std::memcpy(bad_size.size.data(), "12x", 3);
  TarHeader negative = Tar::header("x", '0');
  negative.size.fill('\xff');
  TarHeader huge = Tar::header("x", '0');
  huge.size.fill('\x7f');
  huge.size[0] = '\x80';
  const Tar good = Tar().file("x", "abcde");
  const std::string rows[] = {
      std::string(reinterpret_cast<const char*>(&bad_sum), 512),
      "too short",
      good.bytes.substr(0, 700),
      good.bytes.substr(0, 515),
      Tar().add(bad_size).bytes,
      Tar().add(negative).bytes,
      Tar().add(huge).bytes,
      Tar().add(Tar::header("x", 'Z')).bytes,
      Tar().add(Tar::header("x", 'M')).bytes,
      Tar().pax("").bytes,  // of nothing
      Tar().pax(Tar::record("size", "-1")).file("x").bytes,
      Tar().pax(Tar::record("size", "99999999999999999999")).file("x").bytes,
      Tar().pax(Tar::record("size", "9223372036854775807")).file("x").bytes,
      Tar().pax(Tar::record("uid", "x")).file("x").bytes,
      Tar().pax(Tar::record("mtime", "1.x")).file("x").bytes,
      Tar().pax(Tar::record("path", std::string("a\0b", 3))).file("x").bytes,
      Tar().pax("7 a=b\n").file("x").bytes,
      Tar().pax("6 a=bc").file("x").bytes,
      Tar().pax("5 =b\n").file("x").bytes,
      Tar().pax("5 ab\n").file("x").bytes,
      Tar().pax("0 a=b\n").file("x").bytes,
      Tar().pax("junk").file("x").bytes,
      Tar().pax("999999999999999999999 a=b\n").file("x").bytes,
      Tar().pax(Tar::record("a", "b")).pax(Tar::record("a", "b")).file("x").bytes,
      Tar().pax(Tar::record("path", "a")).add(Tar::header("l", 'L', 2), "b").file("x").bytes,
      Tar().add(Tar::header("pax", 'x', 2 << 20)).bytes,
      Tar().add(Tar::header("pax", 'g', std::uint64_t{1} << 32)).bytes,
      Tar().add(Tar::header("long", 'L', 2 << 20)).bytes,
      Tar().pax(Tar::record("path", std::string(40'000, 'n'))).file("x").bytes,
      sparse("8796093022208", "0,5"),
      sparse("2000", "0,4"),
      sparse("2000", "0,3,2,2"),
      sparse("2000", "1999,5"),
      sparse("2000", "18446744073709551615,5"),
      sparse("2000", ""),
      sparse("2000", "0,x"),
  };
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    CAPTURE(i);
    CHECK_THROWS_AS(read_tar(rows[i]), Error);
  }
}

}  // namespace cbuild::layer
