// The -o option.
#include "cbuild/exporter/output.h"

#include <doctest/doctest.h>

#include "cbuild/layer/compression.h"
#include "cbuild/util/error.h"

namespace cbuild::exporter {

TEST_CASE("parse_output takes docker's forms") {
  struct Row {
    std::string text, type, destination, names;
    bool push = false, directory = false;
  };

  const Row rows[] = {
      {"-", "tar", "-", ""},
      {"out", "local", "out", ""},
      {"/abs/dir", "local", "/abs/dir", ""},
      {"type=local,dest=out", "local", "out", ""},
      {"dest=out,type=local", "local", "out", ""},
      {"type=tar,dest=-", "tar", "-", ""},
      {"type=tar,dest=a=b.tar", "tar", "a=b.tar", ""},
      {"TYPE=oci, dest=x.tar", "oci", "x.tar", ""},
      {"type=oci,dest=dir,tar=false", "oci", "dir", "", false, true},
      {"type=oci,dest=x,tar=true", "oci", "x", ""},
      {"type=docker", "docker", "-", ""},
      {"type=docker,dest=x", "docker", "x", ""},
      {"type=image", "image", "", ""},
      {"type=image,name=app:1", "image", "", "app:1 "},
      {"type=image,name=app,push=true", "registry", "", "app:latest ", true},
      {"type=image,push=false", "image", "", ""},
      {"type=registry,\"name=a/b,c/d:2\"", "registry", "", "a/b:latest c/d:2 "},
      {"type=oci,\"dest=a,\"\"b\"\"\"", "oci", "a,\"b\"", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const Output output = parse_output(row.text);
    CHECK(output.type == row.type);
    CHECK(output.destination == row.destination);
    CHECK(output.push == row.push);
    CHECK(output.oci_directory == row.directory);
    std::string names;
    for (const oci::Reference& name : output.names)
      names += (name.tag.empty() || name.familiar().find(':') != std::string::npos
                    ? name.familiar()
                    : name.familiar() + ":" + name.tag) +
               " ";
    CHECK(names == row.names);
  }
}

TEST_CASE("compression and its level") {
  CHECK_FALSE(parse_output("type=image").compression);
  CHECK(parse_output("type=image,compression=gzip").compression == layer::Compression::gzip);
  CHECK(parse_output("type=image,compression=uncompressed").compression ==
        layer::Compression::none);
  const Output output = parse_output("type=image,compression=zstd,compression-level=19");
  CHECK(output.compression == layer::Compression::zstd);
  CHECK(output.compression_level == 19);
}

TEST_CASE("options of images and of directories") {
  const Output image = parse_output(
      "type=image,name=localhost:5000/a,push=true,push-by-digest=true,force-compression=1,"
      "rewrite-timestamp=true,annotation.Key=v=w,annotation-index.k.l=1,"
      "annotation-manifest[linux/arm64].m=2,annotation-manifest-descriptor.d=3");
  CHECK(image.type == "registry");
  CHECK(image.push_by_digest);
  CHECK(image.force_compression);
  CHECK(image.rewrite_timestamp == true);
  using Place = Annotation::Place;
  CHECK(image.annotations ==
        std::vector<Annotation>{{Place::manifest, {}, "Key", "v=w"},
                                {Place::index, {}, "k.l", "1"},
                                {Place::manifest, oci::Platform::parse("linux/arm64"), "m", "2"},
                                {Place::manifest_descriptor, {}, "d", "3"}});
  CHECK(parse_output("type=oci,dest=x,oci-mediatypes=false").docker_types);
  CHECK_FALSE(parse_output("type=oci,dest=x").docker_types);
  CHECK(parse_output("type=local,dest=x,mode=delete").mirror);
  CHECK(parse_output("type=local,dest=x,platform-split=false").platform_split == false);
  CHECK_FALSE(parse_output("type=local,dest=x").platform_split);
  CHECK(parse_output("type=cacheonly").type == "cacheonly");
}

TEST_CASE("parse_output refuses by name what it does not know") {
  struct Row {
    std::string text, message;
  };

  const Row rows[] = {
      {"", "'' is not KEY=VALUE"},
      {"type=image,store=false", "an image is always put into the store"},
      {"type=image,unpack=maybe", "want true or false"},
      {"type=locl,dest=x", "type 'locl' is not supported, did you mean local?"},
      {"type=", "type '' is not supported"},
      {"type=cache-only", "type 'cache-only' is not supported, did you mean cacheonly?"},
      {"type=oci,dst=x", "key 'dst' is not supported, did you mean dest?"},
      {"type=oci,rewrite-timestamps=true,dest=x", "did you mean rewrite-timestamp?"},
      {"type=oci,rewrite-timestamp=2,dest=x", "rewrite-timestamp=2: want true or false"},
      {"type=oci,dest=x,mode=delete", "mode=delete needs type=local"},
      {"type=local,dest=x,mode=move", "mode=move: want copy or delete"},
      {"type=oci,dest=x,platform-split=true", "platform-split needs"},
      {"type=image,compression=estargz", "want gzip, zstd or uncompressed"},
      {"type=oci,dest=x,oci-mediatypes=false,compression=zstd", "cannot be combined with"},
      {"type=oci,dest=x,oci-mediatypes=false,annotation.a=b", "have no annotations"},
      {"type=image,name=a/b:1,push=true,push-by-digest=true", "'a/b:1' has a tag"},
      {"type=image,Name=a/b:1,push=true,push-by-digest=true", "'a/b:1' has a tag"},
      {"type=image, name=a/b:1,push=true,push-by-digest=true", "'a/b:1' has a tag"},
      {"type=image,\"name=a,b/c:2\",push=true,push-by-digest=true", "'b/c:2' has a tag"},
      {"type=image,annotation.=x", "key 'annotation.'"},
      {"type=image,annotation-indx.a=x", "key 'annotation-indx.a'"},
      {"dest=x", "type=… is missing"},
      {"type=oci", "type=oci needs dest=PATH"},
      {"type=local", "type=local needs dest=PATH"},
      {"type=tar,dest=", "type=tar needs dest=PATH"},
      {"type=local,dest=-", "cannot be written to standard output"},
      {"type=oci,x", "'x' is not KEY=VALUE"},
      {"type=oci,dest=x,", "'' is not KEY=VALUE"},
      {"type=image,push=maybe", "push=maybe: want true or false"},
      {"type=oci,dest=x,push=true", "push=true needs type=image"},
      {"type=docker,tar=false", "tar=false needs type=oci"},
      {"type=image,compression=lzma", "compression=lzma: want gzip"},
      {"type=image,compression-level=23", "want 0 to 22"},
      {"type=image,compression-level=-1", "want 0 to 22"},
      {"type=image,name=UPPER", "UPPER"},
      {"type=image,\"name=a", "missing \" in quoted-field"},
      {"type=image,name=\"a\"", "bare \" in non-quoted field"},
      {"type=\x1b[31m", "'\\x1b[31m'"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    std::string message;
    try {
      parse_output(row.text);
    } catch (const Error& error) {
      message = error.what();
      CHECK(error.kind() == ErrorKind::usage);
    }
    CHECK_MESSAGE(message.find(row.message) != std::string::npos, message);
  }
}

}  // namespace cbuild::exporter
