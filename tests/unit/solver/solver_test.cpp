#include "cbuild/solver/solver.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "cbuild/graph/graph.h"
#include "cbuild/graph/op.h"
#include "cbuild/solver/cache.h"
#include "cbuild/solver/steps.h"
#include "cbuild/solver/worker.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/progress.h"

using namespace cbuild;
using namespace cbuild::solver;
using graph::kNoInput;
using graph::VertexId;

namespace {

void wait_for(const CancelToken& cancel) {
  for (;;) {
    cancel.check();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

/// A result that is no more than a name.
Result named(std::string name) {
  return ContextTree{std::move(name)};
}

std::string name_of(const Result& result) {
  const auto* named = std::get_if<ContextTree>(&result);
  return named ? named->name : std::string();  // an absent input
}

/// Runs nothing: a step comes to the text of its command, or to what `outcome` says.
class FakeWorker final : public Worker {
 public:
  explicit FakeWorker(const graph::Graph& graph) : graph_(graph) {}

  Result identify(VertexId vertex) override { return named("source" + std::to_string(vertex)); }

  std::optional<std::string> input_identity(VertexId vertex,
                                            std::size_t,
                                            const Result& result) override {
    const std::lock_guard lock(mutex);
    const std::string name = std::get<graph::Exec>(graph_[vertex].op).argv[0];
    const bool edited = edited_meanwhile.contains(name) && std::ranges::count(ran, name) > 0;
    return edited ? name_of(result) + " edited" : name_of(result);
  }

  bool may_change_while_running(VertexId) const override { return true; }

  void before_first_run(std::span<const VertexId> pending) override {
    for (const VertexId id : pending) {
      const auto* exec = std::get_if<graph::Exec>(&graph_[id].op);
      if (exec && unprepared.contains(exec->argv[0])) throw VertexError(id, Error("no way"));
      if (exec && blamed_before) throw VertexError(*blamed_before, Error("no way"));
    }
    ++prepared;
  }

  Result run(VertexId vertex, std::span<const Result> inputs, const RunContext& context) override {
    if (graph::is_free(graph_[vertex].op))
      return named(name_of(inputs[0]) + " below " + name_of(inputs[1]));
    const std::string name = std::get<graph::Exec>(graph_[vertex].op).argv[0];
    {
      const std::lock_guard lock(mutex);
      ran.push_back(name);
    }
    const int now = ++under_way;
    int seen = most_at_once.load();
    while (now > seen && !most_at_once.compare_exchange_weak(seen, now)) {
    }
    context.step.output(1, name);
    if (slow.contains(name)) std::this_thread::sleep_for(std::chrono::milliseconds(60));
    if (endless.contains(name)) wait_for(context.cancel);
    --under_way;
    if (failing.contains(name)) throw Error("{} failed", name);
    if (const auto other = blames.find(name); other != blames.end())
      throw VertexError(other->second, Error("the base of {} failed", name));
    const auto found = outcome.find(name);
    return named(found != outcome.end() ? found->second : name);
  }

  std::map<std::string, std::string> outcome;
  std::set<std::string> failing;
  std::map<std::string, VertexId> blames;  ///< fail with the error of another vertex
  std::set<std::string> edited_meanwhile;  ///< their inputs are others after they ran
  std::set<std::string> slow;
  std::set<std::string> endless;          ///< run until they are cancelled
  std::set<std::string> unprepared;       ///< refused before the first step runs
  std::optional<VertexId> blamed_before;  ///< before the first step runs, whatever is pending
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
    const auto found = records_.find(query.key.digest);
    if (found == records_.end()) return std::nullopt;
    return found->second;
  }

  void save(const CacheQuery& query, const Result& result) override {
    const std::lock_guard lock(mutex_);
    records_[query.key.digest] = result;
    saved.push_back({query.key.inputs, query.inputs.size()});
  }

  struct Saved {
    std::vector<std::string> identities;
    std::size_t inputs;
  };

  std::vector<Saved> saved;

 private:
  std::mutex mutex_;
  std::map<oci::Digest, Result> records_;
};

/// Counts what begins and how it ends.
class CountingProgress final : public Progress {
 public:
  void message(std::string_view) override {}

  std::size_t on_begin(std::string_view, std::string_view) override {
    return static_cast<std::size_t>(starts++);
  }

  void on_output(std::size_t, int, std::string_view) override {}

  void on_transfer(std::size_t, std::string_view, std::uint64_t, std::uint64_t) override {}

  void on_end(std::size_t, Outcome outcome, std::string_view) override {
    ++finishes;
    if (outcome == Outcome::cached) ++cached;
    if (outcome == Outcome::cancelled) ++cancelled;
  }

  std::atomic<int> starts{0};
  std::atomic<int> finishes{0};
  std::atomic<int> cached{0};
  std::atomic<int> cancelled{0};
};

class CountingSteps final : public Steps {
 public:
  explicit CountingSteps(Progress& progress) : progress_(progress) {}

  Progress::Step begin(VertexId vertex) override {
    const std::lock_guard lock(mutex_);
    const auto found = steps_.find(vertex);
    if (found != steps_.end()) return found->second;
    return steps_.emplace(vertex, progress_.begin(std::to_string(vertex))).first->second;
  }

 private:
  Progress& progress_;
  std::mutex mutex_;
  std::map<VertexId, Progress::Step> steps_;
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

  /// Several builds at once.
  Solution solve_all(const graph::Graph& graph,
                     const std::vector<VertexId>& targets,
                     Cache& cache) {
    Problem problem{.graph = graph, .goals = {}, .jobs = 4};
    for (const VertexId target : targets)
      problem.goals.push_back({{target}});
    CountingSteps steps(observer);
    return solver::solve(problem, {worker, cache, steps, cancel});
  }

  Results solve(const graph::Graph& graph, VertexId target, Cache& cache) {
    Solution solution = solve_all(graph, {target}, cache);
    if (solution.failures[0]) throw *solution.failures[0];
    return std::move(solution.results);
  }

  FakeWorker worker;
  CountingProgress observer;
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
  CHECK(name_of(*first.solve(graph, put, cache)[put]) == "base below copy");
  CHECK(first.observer.starts == 2);
  CHECK(first.observer.finishes == 2);

  Build second(graph);
  CHECK(name_of(*second.solve(graph, put, cache)[put]) == "base below copy");
  CHECK(second.worker.prepared == 0);
  CHECK(second.observer.starts == 2);

  graph::Graph other;
  const VertexId new_base = add_step(other, "new base", {kNoInput});
  rebase.op = graph::Rebase{};
  rebase.inputs = {new_base, add_step(other, "copy", {kNoInput})};
  const VertexId new_put = other.add(std::move(rebase));
  Build third(other);
  CHECK(name_of(*third.solve(other, new_put, cache)[new_put]) == "new base below copy");
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
  CHECK(results[b] == named("b"));
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

TEST_CASE("of several goals what they share runs once") {
  graph::Graph graph;
  const VertexId shared = add_step(graph, "shared", {kNoInput});
  const VertexId one = add_step(graph, "one", {shared});
  const VertexId two = add_step(graph, "two", {shared});
  FakeCache cache;
  Build build(graph);
  const Solution solution = build.solve_all(graph, {one, two, shared}, cache);
  CHECK(std::ranges::count(build.worker.ran, "shared") == 1);
  CHECK(build.worker.ran.size() == 3);
  for (const auto& failure : solution.failures)
    CHECK_FALSE(failure);
  CHECK(name_of(*solution.results[two]) == "two");
}

TEST_CASE("a failure ends the goals that need it, and cancels what only they want") {
  graph::Graph graph;
  const VertexId shared = add_step(graph, "shared", {kNoInput});
  const VertexId bad = add_step(graph, "bad", {shared});
  const VertexId lost = add_step(graph, "lost", {shared});  // runs when `bad` fails
  const VertexId never = add_step(graph, "never", {lost, bad});
  const VertexId slow = add_step(graph, "slow", {shared});
  const VertexId after = add_step(graph, "after", {slow});
  FakeCache cache;
  Build build(graph);
  build.worker.failing = {"bad"};
  build.worker.slow = {"bad", "slow"};
  build.worker.endless = {"lost"};
  const Solution solution = build.solve_all(graph, {never, after, bad}, cache);
  REQUIRE(solution.failures[0]);
  CHECK(solution.failures[0]->vertex() == bad);
  CHECK_FALSE(solution.failures[1]);
  REQUIRE(solution.failures[2]);
  CHECK(name_of(*solution.results[after]) == "after");
  CHECK_FALSE(solution.results[never]);
  CHECK(std::ranges::count(build.worker.ran, "never") == 0);
  CHECK(build.observer.cancelled == 1);
  CHECK(build.observer.starts == build.observer.finishes);
  CHECK_FALSE(build.cancel.cancelled());
}

TEST_CASE("a goal that is refused before the first step leaves the others alone") {
  graph::Graph graph;
  const VertexId good = add_step(graph, "good", {kNoInput});
  const VertexId refused = add_step(graph, "refused", {kNoInput});
  FakeCache cache;
  Build build(graph);
  build.worker.unprepared = {"refused"};
  const Solution solution = build.solve_all(graph, {refused, good}, cache);
  REQUIRE(solution.failures[0]);
  CHECK(solution.failures[0]->vertex() == refused);
  CHECK(build.worker.ran == std::vector<std::string>{"good"});
  CHECK(build.worker.prepared == 1);
}

TEST_CASE("a key tells what it was made of, and the cache sees the inputs") {
  graph::Graph graph;
  const VertexId base = add_step(graph, "base", {kNoInput});
  const VertexId step = add_step(graph, "step", {base});
  FakeCache cache;
  Build build(graph);
  build.solve(graph, step, cache);
  REQUIRE(cache.saved.size() == 2);
  CHECK(cache.saved[1].identities == std::vector<std::string>{"base"});
  CHECK(cache.saved[1].inputs == 1);
  const CacheKey one = make_cache_key(oci::Digest::of("op"), {"ab", "c"});
  CHECK(one.digest != make_cache_key(oci::Digest::of("op"), {"a", "bc"}).digest);
  CHECK(one.operation == oci::Digest::of("op"));
}

TEST_CASE("a failure that blames another vertex ends the goals of the one that ran") {
  graph::Graph graph;
  const VertexId other = add_step(graph, "other", {kNoInput});  // no goal's
  const VertexId step = add_step(graph, "step", {kNoInput});
  const VertexId after = add_step(graph, "after", {step});
  FakeCache cache;
  Build build(graph);
  build.worker.blames = {{"step", other}};
  const Solution solution = build.solve_all(graph, {after}, cache);  // returns
  REQUIRE(solution.failures[0]);
  CHECK(solution.failures[0]->vertex() == other);

  Build refused(graph);
  refused.worker.blamed_before = other;
  CHECK_THROWS_AS(refused.solve_all(graph, {after}, cache), VertexError);
}

TEST_CASE("the token of a solve is cancelled with its last goal, not before") {
  graph::Graph graph;
  const VertexId good = add_step(graph, "good", {kNoInput});
  const VertexId bad = add_step(graph, "bad", {kNoInput});
  FakeCache cache;
  Build both(graph);
  both.worker.failing = {"bad"};
  (void)both.solve_all(graph, {bad, good}, cache);
  CHECK_FALSE(both.cancel.cancelled());
  Build alone(graph);
  alone.worker.failing = {"bad"};
  (void)alone.solve_all(graph, {bad}, cache);
  CHECK(alone.cancel.cancelled());
}
