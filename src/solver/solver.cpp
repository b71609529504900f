// Keys, look-up, then the misses in parallel; see solver.h.
#include "cbuild/solver/solver.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "cbuild/util/key_hasher.h"
#include "cbuild/util/thread_pool.h"

namespace cbuild::solver {

namespace {

using graph::kNoInput;
using graph::Vertex;
using graph::VertexId;

/// Hands a step's output on under its vertex.
class ObservedLog final : public StepLog {
 public:
  ObservedLog(Observer& observer, VertexId vertex) : observer_(observer), vertex_(vertex) {}

  void output(int stream, std::string_view text) override {
    observer_.output(vertex_, stream, text);
  }

  void transfer(std::string_view item, std::uint64_t done, std::uint64_t total) override {
    observer_.transfer(vertex_, item, done, total);
  }

 private:
  Observer& observer_;
  VertexId vertex_;
};

/// One call of solve(): the state of every vertex and the threads that bring it forward.
class Solve {
 public:
  Solve(const graph::Graph& graph,
        Worker& worker,
        Cache& cache,
        Observer& observer,
        CancelToken& cancel)
      : graph_(graph),
        worker_(worker),
        cache_(cache),
        observer_(observer),
        cancel_(cancel),
        needed_(graph.size()),
        results_(graph.size()),
        keys_(graph.size()) {}

  Results run(const std::vector<VertexId>& targets, std::size_t jobs) {
    for (const VertexId target : targets)
      mark_needed(target);
    for (VertexId id = 0; id < graph_.size(); ++id) {
      if (needed_[id]) look_up_early(id);
    }
    if (!misses_.empty()) {
      worker_.before_first_run();
      run_misses(jobs);
    }
    return std::move(results_);
  }

 private:
  void mark_needed(VertexId target) {
    std::vector<VertexId> pending = {target};
    while (!pending.empty()) {
      const VertexId id = pending.back();
      pending.pop_back();
      if (id == kNoInput || needed_[id]) continue;
      needed_[id] = true;
      for (const VertexId input : graph_[id].inputs)
        pending.push_back(input);
    }
  }

  bool inputs_known(VertexId id) const {
    return std::ranges::all_of(graph_[id].inputs, [this](VertexId input) {
      return input == kNoInput || results_[input].has_value();
    });
  }

  std::vector<Result> inputs_of(VertexId id) const {
    std::vector<Result> inputs;
    for (const VertexId input : graph_[id].inputs) {
      inputs.push_back(input == kNoInput ? Result{} : *results_[input]);
    }
    return inputs;
  }

  /// nullopt: the worker cannot tell yet.
  std::optional<CacheKey> make_key(VertexId id) {
    const Vertex& vertex = graph_[id];
    KeyHasher hasher;
    hasher.add("op", graph::key_of(vertex.op).to_string());
    for (std::size_t i = 0; i < vertex.inputs.size(); ++i) {
      const VertexId input = vertex.inputs[i];
      const Result result = input == kNoInput ? Result{} : *results_[input];
      const auto identity = worker_.input_identity(id, i, result);
      if (!identity) return std::nullopt;
      hasher.add("input", *identity);
    }
    return CacheKey(hasher.finish());
  }

  /// A context may be edited while a RUN that mounts it reads its files; what came of the new files
  /// must not be remembered for the old ones. A COPY looks after that itself.
  bool is_key_still_true(VertexId id) {
    if (!std::holds_alternative<graph::Exec>(graph_[id].op)) return true;
    try {
      return make_key(id) == keys_[id];
    } catch (const Interrupted&) {
      throw;
    } catch (const Error&) {
      return false;  // a file is gone
    }
  }

  std::optional<Result> find(VertexId id) {
    if (graph_[id].ignore_cache) return std::nullopt;
    return cache_.find({*keys_[id], graph_[id]});
  }

  /// Runs `action`; what it throws is the failure of vertex `id`.
  template <typename Action>
  auto observed(VertexId id, Action&& action) {
    try {
      return action();
    } catch (const Interrupted&) {
      throw;
    } catch (const Error& error) {
      observer_.started(id);
      observer_.finished(id, Outcome::failed, error.what());
      throw VertexError(id, error);
    }
  }

  /// The phase without threads: everything that the cache knows is done when it ends.
  void look_up_early(VertexId id) {
    cancel_.check();
    if (graph::is_source(graph_[id].op)) {
      results_[id] = observed(id, [&] { return worker_.identify(id); });
      return;
    }
    if (!inputs_known(id)) {
      misses_.push_back(id);
      return;
    }
    if (graph::is_free(graph_[id].op)) {
      results_[id] = observed(id, [&] { return run(id); });
      return;
    }
    keys_[id] = observed(id, [&] { return make_key(id); });
    if (keys_[id]) results_[id] = find(id);
    if (results_[id]) {
      observer_.started(id);
      observer_.finished(id, Outcome::cached, {});
    } else {
      misses_.push_back(id);
    }
  }

  void run_misses(std::size_t jobs) {
    if (jobs == 0) jobs = std::max<std::size_t>(4, 2 * processor_count());
    const std::size_t workers = std::min(jobs, misses_.size());  // a thread changes the misses
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < workers; ++i)
      threads.emplace_back([this] { work(); });
    work();
    threads.clear();  // joins
    if (failure_) std::rethrow_exception(failure_);
  }

  /// What every thread does: takes a vertex whose inputs are known, brings it about, until none is
  /// left.
  void work() {
    std::unique_lock lock(mutex_);
    while (!misses_.empty() && !failure_) {
      const auto ready =
          std::ranges::find_if(misses_, [this](VertexId id) { return inputs_known(id); });
      if (ready == misses_.end()) {
        changed_.wait(lock);
        continue;
      }
      const VertexId id = *ready;
      misses_.erase(ready);
      // Inputs are read without the lock below: a known result never changes again.
      lock.unlock();
      std::optional<Result> result;
      std::exception_ptr failure;
      try {
        result = bring_about(id);
      } catch (...) {
        failure = std::current_exception();
      }
      lock.lock();
      results_[id] = std::move(result);
      if (failure && !failure_) {
        failure_ = failure;
        cancel_.cancel();  // what is under way in other stages is of no use any more
      }
      changed_.notify_all();
    }
    changed_.notify_all();
  }

  Result run(VertexId id) {
    ObservedLog log(observer_, id);
    return worker_.run(id, inputs_of(id), log);
  }

  Result bring_about(VertexId id) {
    cancel_.check();
    if (graph::is_free(graph_[id].op)) {
      return observed(id, [&] { return run(id); });
    }
    if (!keys_[id]) {
      keys_[id] = observed(id, [&] { return make_key(id); });
      if (auto hit = find(id)) {
        observer_.started(id);
        observer_.finished(id, Outcome::cached, {});
        return *hit;
      }
    }
    observer_.started(id);
    try {
      Result result = run(id);
      if (is_key_still_true(id)) cache_.save(*keys_[id], result);
      observer_.finished(id, Outcome::done, {});
      return result;
    } catch (const Interrupted&) {
      observer_.finished(id, Outcome::cancelled, {});
      throw;
    } catch (const Error& error) {
      observer_.finished(id, Outcome::failed, error.what());
      throw VertexError(id, error);
    }
  }

  const graph::Graph& graph_;
  Worker& worker_;
  Cache& cache_;
  Observer& observer_;
  CancelToken& cancel_;
  std::vector<bool> needed_;
  Results results_;
  std::vector<std::optional<CacheKey>> keys_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<VertexId> misses_;  ///< not begun yet, in topological order
  std::exception_ptr failure_;
};

}  // namespace

Results solve(const graph::Graph& graph,
              const std::vector<VertexId>& targets,
              Worker& worker,
              Cache& cache,
              Observer& observer,
              const Options& options,
              CancelToken& cancel) {
  return Solve(graph, worker, cache, observer, cancel).run(targets, options.jobs);
}

}  // namespace cbuild::solver
