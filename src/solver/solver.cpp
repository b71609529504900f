// Keys, look-up, then the misses in parallel; see solver.h.
#include "cbuild/solver/solver.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "cbuild/graph/graph.h"
#include "cbuild/graph/op.h"
#include "cbuild/solver/cache.h"
#include "cbuild/solver/steps.h"
#include "cbuild/solver/worker.h"
#include "cbuild/util/cancel.h"
#include "cbuild/util/key_hasher.h"
#include "cbuild/util/parallel.h"
#include "cbuild/util/progress.h"

namespace cbuild::solver {

namespace {

using graph::kNoInput;
using graph::Vertex;
using graph::VertexId;
using Outcome = Progress::Outcome;

/// Which goals need which vertices, and which goals are still alive.
class Needs {
 public:
  Needs(const graph::Graph& graph, const std::vector<Goal>& goals) : alive_(goals.size(), true) {
    for (const Goal& goal : goals)
      needed_.push_back(closure_of(graph, goal));
  }

  /// A goal that has not failed needs the vertex.
  bool is_wanted(VertexId id) const {
    for (std::size_t goal = 0; goal < needed_.size(); ++goal)
      if (alive_[goal] && needed_[goal][id]) return true;
    return false;
  }

  bool any_alive() const { return std::ranges::find(alive_, true) != alive_.end(); }

  /// Ends the goals that need `id`. @return their numbers
  std::vector<std::size_t> end_goals_of(VertexId id) {
    std::vector<std::size_t> ended;
    for (std::size_t goal = 0; goal < needed_.size(); ++goal) {
      if (!alive_[goal] || !needed_[goal][id]) continue;
      alive_[goal] = false;
      ended.push_back(goal);
    }
    return ended;
  }

 private:
  static std::vector<bool> closure_of(const graph::Graph& graph, const Goal& goal) {
    std::vector<bool> needed(graph.size());
    std::vector<VertexId> pending = goal.vertices;
    while (!pending.empty()) {
      const VertexId id = pending.back();
      pending.pop_back();
      if (id == kNoInput || needed[id]) continue;
      needed[id] = true;
      for (const VertexId input : graph[id].inputs)
        pending.push_back(input);
    }
    return needed;
  }

  std::vector<std::vector<bool>> needed_;  ///< by goal and vertex
  std::vector<bool> alive_;
};

/// One call of solve(): the state of every vertex and the threads that bring it forward.
class Solve {
 public:
  Solve(const Problem& problem, const Tools& tools)
      : graph_(problem.graph),
        tools_(tools),
        needs_(problem.graph, problem.goals),
        keys_(problem.graph.size()) {
    solution_.results.resize(graph_.size());
    solution_.failures.resize(problem.goals.size());
  }

  Solution run(std::size_t jobs) {
    for (VertexId id = 0; id < graph_.size(); ++id)
      if (needs_.is_wanted(id)) look_up_early(id);
    if (prepare_misses()) run_misses(jobs);
    return std::move(solution_);
  }

 private:
  bool inputs_known(VertexId id) const {
    return std::ranges::all_of(graph_[id].inputs, [this](VertexId input) {
      return input == kNoInput || solution_.results[input].has_value();
    });
  }

  std::vector<Result> inputs_of(VertexId id) const {
    std::vector<Result> inputs;
    for (const VertexId input : graph_[id].inputs)
      inputs.push_back(input == kNoInput ? Result{} : *solution_.results[input]);
    return inputs;
  }

  /// nullopt: the worker cannot tell yet.
  std::optional<CacheKey> make_key(VertexId id) {
    const Vertex& vertex = graph_[id];
    const std::vector<Result> results = inputs_of(id);
    std::vector<std::string> inputs;
    for (std::size_t i = 0; i < results.size(); ++i) {
      auto identity = tools_.worker.input_identity(id, i, results[i]);
      if (!identity) return std::nullopt;
      inputs.push_back(std::move(*identity));
    }
    return make_cache_key(graph::key_of(vertex.op), std::move(inputs));
  }

  bool is_key_still_true(VertexId id) {
    if (!tools_.worker.may_change_while_running(id)) return true;
    try {
      const auto key = make_key(id);
      return key && key->digest == keys_[id]->digest;
    } catch (const Interrupted&) {
      throw;
    } catch (const Error&) {
      return false;  // a file is gone
    }
  }

  std::optional<Result> find(VertexId id) {
    if (graph_[id].ignore_cache) return std::nullopt;
    return tools_.cache.find({*keys_[id], graph_[id], inputs_of(id)});
  }

  /// Runs `action` for vertex `id`. Ends the vertex's step and throws VertexError when it fails.
  template <typename Action>
  auto guarded(VertexId id, Action&& action) {
    try {
      return action();
    } catch (const Interrupted&) {
      throw;
    } catch (const Error& error) {
      tools_.steps.begin(id).end(Outcome::failed, error.what());
      throw VertexError(id, error);
    }
  }

  /// Ends the goals that need `failed`, whose work threw `error`, and cancels what only they
  /// wanted. `error` may blame another vertex, which such a goal need not need.
  void fail(VertexId failed, const VertexError& error) {
    for (const std::size_t goal : needs_.end_goals_of(failed))
      solution_.failures[goal] = error;
    for (auto& [id, cancel] : running_)
      if (!needs_.is_wanted(id)) cancel->cancel();
    std::erase_if(misses_, [this](VertexId id) { return !needs_.is_wanted(id); });
    if (!needs_.any_alive()) tools_.cancel.cancel();
  }

  /// The phase without threads: everything that the cache knows is done when it ends.
  void look_up_early(VertexId id) {
    tools_.cancel.check();
    try {
      if (graph::is_source(graph_[id].op)) {
        solution_.results[id] = guarded(id, [&] { return tools_.worker.identify(id); });
      } else if (!inputs_known(id)) {
        misses_.push_back(id);
      } else if (graph::is_free(graph_[id].op)) {
        solution_.results[id] = guarded(id, [&] { return run(id, tools_.cancel); });
      } else if (!find_by_key(id)) {
        misses_.push_back(id);
      }
    } catch (const VertexError& error) {
      fail(id, error);
    }
  }

  /// Makes the key of `id`, if the worker can tell its inputs, and looks it up. True: its result is
  /// known now.
  bool find_by_key(VertexId id) {
    keys_[id] = guarded(id, [&] { return make_key(id); });
    if (!keys_[id]) return false;
    auto hit = find(id);
    if (!hit) return false;
    tools_.steps.begin(id).end(Outcome::cached);
    solution_.results[id] = std::move(hit);
    return true;
  }

  /// True: there is something to run.
  bool prepare_misses() {
    while (!misses_.empty()) {
      try {
        tools_.worker.before_first_run(misses_);
        return true;
      } catch (const VertexError& error) {
        if (!needs_.is_wanted(error.vertex())) throw;  // would be asked for ever
        fail(error.vertex(), error);
      }
    }
    return false;
  }

  void run_misses(std::size_t jobs) {
    if (jobs == 0) jobs = std::max<std::size_t>(4, 2 * processor_count());
    const std::size_t workers = std::min(jobs, misses_.size());  // a thread changes the misses
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < workers; ++i)
      threads.emplace_back([this] { work(); });
    work();
    threads.clear();  // joins
    if (fatal_) std::rethrow_exception(fatal_);
  }

  /// Loop of each thread: runs vertices whose inputs are known until none is left.
  void work() {
    std::unique_lock lock(mutex_);
    while (!misses_.empty() && !fatal_) {
      const auto ready =
          std::ranges::find_if(misses_, [this](VertexId id) { return inputs_known(id); });
      if (ready == misses_.end()) {
        changed_.wait(lock);
        continue;
      }
      const VertexId id = *ready;
      misses_.erase(ready);
      work_on(id, lock);
      changed_.notify_all();
    }
    changed_.notify_all();
  }

  /// Finds or runs one vertex. Unlocks while it does: inputs are read without the lock, since a
  /// known result never changes again.
  void work_on(VertexId id, std::unique_lock<std::mutex>& lock) {
    CancelToken cancel = CancelToken::child_of(tools_.cancel);
    running_[id] = &cancel;
    lock.unlock();
    std::optional<Result> result;
    std::optional<VertexError> failure;
    std::exception_ptr fatal;
    try {
      result = find_or_run(id, cancel);
    } catch (const VertexError& error) {
      failure = error;
    } catch (...) {
      fatal = std::current_exception();  // among them Interrupted
    }
    lock.lock();
    running_.erase(id);
    solution_.results[id] = std::move(result);
    if (failure) fail(id, *failure);
    if (fatal && needs_.is_wanted(id)) end_all(fatal);
  }

  /// Nothing goes on: the caller has cancelled, or the worker is broken.
  void end_all(const std::exception_ptr& cause) {
    if (!fatal_) fatal_ = cause;
    for (auto& [id, cancel] : running_)
      cancel->cancel();
  }

  Result run(VertexId id, const CancelToken& cancel) {
    // A free vertex has a step only when it fails.
    const Progress::Step step =
        graph::is_free(graph_[id].op) ? Progress::Step() : tools_.steps.begin(id);
    return tools_.worker.run(id, inputs_of(id), {step, cancel});
  }

  Result find_or_run(VertexId id, const CancelToken& cancel) {
    cancel.check();
    if (graph::is_free(graph_[id].op)) return guarded(id, [&] { return run(id, cancel); });
    if (!keys_[id]) {
      keys_[id] = guarded(id, [&] { return make_key(id); });
      if (auto hit = find(id)) {
        tools_.steps.begin(id).end(Outcome::cached);
        return *hit;
      }
    }
    const Progress::Step step = tools_.steps.begin(id);
    Result result = guarded(id, [&] {
      try {
        Result made = run(id, cancel);
        if (is_key_still_true(id)) tools_.cache.save({*keys_[id], graph_[id], inputs_of(id)}, made);
        return made;
      } catch (const Interrupted&) {
        step.end(Outcome::cancelled);
        throw;
      }
    });
    step.end(Outcome::done);
    return result;
  }

  const graph::Graph& graph_;
  const Tools& tools_;
  Needs needs_;
  Solution solution_;
  std::vector<std::optional<CacheKey>> keys_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<VertexId> misses_;              ///< not begun yet, in topological order
  std::map<VertexId, CancelToken*> running_;  ///< under way in a thread
  std::exception_ptr fatal_;
};

}  // namespace

CacheKey make_cache_key(const oci::Digest& operation, std::vector<std::string> inputs) {
  KeyHasher hasher;
  hasher.add("op", operation.to_string());
  for (const std::string& input : inputs)
    hasher.add("input", input);
  return {oci::Digest(hasher.finish()), operation, std::move(inputs)};
}

Solution solve(const Problem& problem, const Tools& tools) {
  return Solve(problem, tools).run(problem.jobs);
}

}  // namespace cbuild::solver
