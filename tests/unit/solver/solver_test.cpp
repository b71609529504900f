#include "cbuild/solver/solver.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <thread>

using namespace cbuild;
using namespace cbuild::solver;
using graph::kNoInput;
using graph::VertexId;

namespace {

/// Runs nothing: a step comes to the text of its command, or to what `outcome` says.
class FakeWorker final : public Worker {
 public:
  explicit FakeWorker(const graph::Graph& graph) : graph_(graph) {}

  Result identify(VertexId vertex) override { return {"source" + std::to_string(vertex)}; }

  std::optional<std::string> input_identity(VertexId vertex,
                                            std::size_t,
                                            const Result& result) override {
    const std::lock_guard lock(mutex);
    const std::string name = std::get<graph::Exec>(graph_[vertex].op).argv[0];
    const bool edited = edited_meanwhile.contains(name) && std::ranges::count(ran, name) > 0;
    return edited ? result.id + " edited" : result.id;
  }

  void before_first_run() override { ++prepared; }

  Result run(VertexId vertex, std::span<const Result> inputs, StepLog& log) override {
    if (graph::is_free(graph_[vertex].op)) return {inputs[0].id + " below " + inputs[1].id};
    const std::string name = std::get<graph::Exec>(graph_[vertex].op).argv[0];
    {
      const std::lock_guard lock(mutex);
      ran.push_back(name);
    }
    const int now = ++under_way;
    int seen = most_at_once.load();
    while (now > seen && !most_at_once.compare_exchange_weak(seen, now)) {
    }
    log.output(1, name);
    if (slow.contains(name)) std::this_thread::sleep_for(std::chrono::milliseconds(60));
    --under_way;
    if (failing.contains(name)) throw Error("{} failed", name);
    const auto found = outcome.find(name);
    return {found != outcome.end() ? found->second : name};
  }

  std::map<std::string, std::string> outcome;
  std::set<std::string> failing;
  std::set<std::string> edited_meanwhile;  ///< their inputs are others after they ran
  std::set<std::string> slow;
  std::vector<std::string> ran;
  std::atomic<int> prepared{0};
  std::atomic<int> under_way{0};
  std::atomic<int> most_at_once{0};

 private:
  const graph::Graph& graph_;
  std::mutex mutex;
};

class FakeCache final : public Cache {
 public:
  std::optional<Result> find(const CacheQuery& query) override {
    const std::lock_guard lock(mutex_);
    const auto found = records_.find(query.key);
    if (found == records_.end()) return std::nullopt;
    return found->second;
  }

  void save(const CacheKey& key, const Result& result) override {
    const std::lock_guard lock(mutex_);
    records_[key] = result;
  }

 private:
  std::mutex mutex_;
  std::map<CacheKey, Result> records_;
};

class CountingObserver final : public Observer {
 public:
  void started(VertexId) override { ++starts; }

  void output(VertexId, int, std::string_view) override {}

  void transfer(VertexId, std::string_view, std::uint64_t, std::uint64_t) override {}

  void finished(VertexId, Outcome outcome, std::string_view) override {
    ++finishes;
    if (outcome == Outcome::cached) ++cached;
  }

  std::atomic<int> starts{0};
  std::atomic<int> finishes{0};
  std::atomic<int> cached{0};
};

VertexId add_step(graph::Graph& graph, const std::string& name, std::vector<VertexId> inputs) {
  graph::Exec exec;
  exec.argv = {name};
  graph::Vertex vertex;
  vertex.op = exec;
  vertex.inputs = std::move(inputs);
  return graph.add(std::move(vertex));
}

/// One build: the worker that did it and what was observed.
struct Build {
  explicit Build(const graph::Graph& graph) : worker(graph) {}

  Results solve(const graph::Graph& graph, VertexId target, Cache& cache) {
    return solver::solve(graph, {target}, worker, cache, observer, {4}, cancel);
  }

  FakeWorker worker;
  CountingObserver observer;
  CancelToken cancel;
};

}  // namespace

TEST_CASE("another base does not run again what is put upon it") {
  graph::Graph graph;
  const VertexId base = add_step(graph, "base", {kNoInput});
  const VertexId copy = add_step(graph, "copy", {kNoInput});
  graph::Vertex rebase;
  rebase.op = graph::Rebase{};
  rebase.inputs = {base, copy};
  const VertexId put = graph.add(std::move(rebase));
  FakeCache cache;
  Build first(graph);
  CHECK(first.solve(graph, put, cache)[put]->id == "base below copy");
  CHECK(first.observer.starts == 2);
  CHECK(first.observer.finishes == 2);

  Build second(graph);
  CHECK(second.solve(graph, put, cache)[put]->id == "base below copy");
  CHECK(second.worker.prepared == 0);
  CHECK(second.observer.starts == 2);

  graph::Graph other;
  const VertexId new_base = add_step(other, "new base", {kNoInput});
  rebase.op = graph::Rebase{};
  rebase.inputs = {new_base, add_step(other, "copy", {kNoInput})};
  const VertexId new_put = other.add(std::move(rebase));
  Build third(other);
  CHECK(third.solve(other, new_put, cache)[new_put]->id == "new base below copy");
  CHECK(third.worker.ran == std::vector<std::string>{"new base"});
}

TEST_CASE("a second build runs nothing and starts no work") {
  graph::Graph graph;
  const VertexId a = add_step(graph, "a", {kNoInput});
  const VertexId b = add_step(graph, "b", {a});
  FakeCache cache;
  Build first(graph);
  first.solve(graph, b, cache);
  CHECK(first.worker.ran == std::vector<std::string>{"a", "b"});
  CHECK(first.worker.prepared == 1);
  Build second(graph);
  const Results results = second.solve(graph, b, cache);
  CHECK(second.worker.ran.empty());
  CHECK(second.worker.prepared == 0);
  CHECK(second.observer.cached == 2);
  CHECK(results[b] == Result{"b"});
}

TEST_CASE("only what the target needs is run") {
  graph::Graph graph;
  add_step(graph, "unused", {kNoInput});
  const VertexId used = add_step(graph, "used", {kNoInput});
  FakeCache cache;
  Build build(graph);
  build.solve(graph, used, cache);
  CHECK(build.worker.ran == std::vector<std::string>{"used"});
}

TEST_CASE("a changed step that comes to the same result lets later steps hit") {
  FakeCache cache;
  {
    graph::Graph graph;
    const VertexId last = add_step(graph, "last", {add_step(graph, "old", {kNoInput})});
    Build build(graph);
    build.worker.outcome["old"] = "same";
    build.solve(graph, last, cache);
  }
  graph::Graph graph;
  const VertexId last = add_step(graph, "last", {add_step(graph, "new", {kNoInput})});
  Build build(graph);
  build.worker.outcome["new"] = "same";
  build.solve(graph, last, cache);
  CHECK(build.worker.ran == std::vector<std::string>{"new"});
}

TEST_CASE("what came of files that changed after the key was made is not remembered") {
  graph::Graph graph;
  const VertexId a = add_step(graph, "a", {kNoInput});
  FakeCache cache;
  Build first(graph);
  first.worker.edited_meanwhile = {"a"};
  first.solve(graph, a, cache);
  Build second(graph);
  second.solve(graph, a, cache);
  CHECK(second.worker.ran.size() == 1);
  Build third(graph);
  third.solve(graph, a, cache);
  CHECK(third.worker.ran.empty());
}

TEST_CASE("ignore_cache runs a step although its result is known") {
  FakeCache cache;
  for (int round = 0; round < 2; ++round) {
    graph::Graph graph;
    graph::Exec exec;
    exec.argv = {"a"};
    graph::Vertex vertex;
    vertex.op = exec;
    vertex.inputs = {kNoInput};
    vertex.ignore_cache = true;
    const VertexId a = graph.add(std::move(vertex));
    Build build(graph);
    build.solve(graph, a, cache);
    CHECK(build.worker.ran.size() == 1);
  }
}

TEST_CASE("independent steps run at the same time") {
  graph::Graph graph;
  const VertexId a = add_step(graph, "a", {kNoInput});
  const VertexId b = add_step(graph, "b", {kNoInput});
  const VertexId both = add_step(graph, "both", {a, b});
  FakeCache cache;
  Build build(graph);
  build.worker.slow = {"a", "b"};
  build.solve(graph, both, cache);
  CHECK(build.worker.most_at_once == 2);
  CHECK(build.worker.ran.back() == "both");
}

TEST_CASE("a failure names its vertex, is not remembered, and ends every step that was begun") {
  graph::Graph graph;
  const VertexId bad = add_step(graph, "bad", {kNoInput});
  const VertexId after = add_step(graph, "after", {bad});
  FakeCache cache;
  for (int round = 0; round < 2; ++round) {
    Build build(graph);
    build.worker.failing = {"bad"};
    try {
      build.solve(graph, after, cache);
      FAIL("no error");
    } catch (const VertexError& error) {
      CHECK(error.vertex() == bad);
      CHECK(std::string(error.what()) == "bad failed");
    }
    CHECK(build.worker.ran == std::vector<std::string>{"bad"});
    CHECK(build.observer.starts == build.observer.finishes);
  }
}

TEST_CASE("the failure of one stage is reported, not the interruption of the others") {
  graph::Graph graph;
  const VertexId bad = add_step(graph, "bad", {kNoInput});
  VertexId chain = kNoInput;
  for (int i = 0; i < 20; ++i)
    chain = add_step(graph, "step" + std::to_string(i), {chain});
  const VertexId both = add_step(graph, "both", {bad, chain});
  FakeCache cache;
  Build build(graph);
  build.worker.failing = {"bad"};
  CHECK_THROWS_AS(build.solve(graph, both, cache), VertexError);
}

TEST_CASE("a cancelled build throws Interrupted") {
  graph::Graph graph;
  const VertexId a = add_step(graph, "a", {kNoInput});
  FakeCache cache;
  Build build(graph);
  build.cancel.cancel();
  CHECK_THROWS_AS(build.solve(graph, a, cache), Interrupted);
}
