// SPDX-License-Identifier: Apache-2.0
// The demo's Windows PCs: made-up facts in the form in which an agent reads them (demo/), judged by
// the judges of every PC. No result of a check stands anywhere in the demo.
#pragma once

#include <random>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "collect/vuln/vuln.h"
#include "collect/windows/windows.h"
#include "store/store.h"

namespace sekisho {

class DemoMachines {
 public:
  static Result<DemoMachines> load(const Guideline& guideline, const Feeds& feeds);

  /// One PC from its first report to its last, a report a day.
  struct Pc {
    SubjectId subject;
    std::string computer;
    std::string system;  // windows-11-25h2
    Time first;
    Time last;
    double care = 0.5;  // 0: nobody looks after it; 1: somebody does
  };
  /// What its agent reported, as it is kept.
  Result<std::vector<KeptEvidence>> year(const Pc& pc, std::mt19937& random);
  /// What its system goes by.
  Result<WindowsName> name_of(const Pc& pc) const;

 private:
  struct State {
    std::string id;
    double share = 0;
    double days = 0;
    boost::json::object registry;
    boost::json::object facts;
    boost::json::object ago;    // days before the look
    boost::json::object ahead;  // and after it
  };
  DemoMachines(const Guideline& guideline, const Feeds& feeds)
      : guideline_(&guideline), feeds_(feeds) {}

  const State* system(const std::string& id) const;
  /// What the agent finds at `at`, by the lists of that day.
  Result<std::vector<Evidence>> look(const Pc& pc, const std::vector<bool>& has, Time at);
  /// As the agent reads it at `at`.
  Result<WindowsFacts> facts(const Pc& pc, const std::vector<bool>& has, Time at) const;

  const Guideline* guideline_;
  Feeds feeds_;  // of the day that is looked at
  boost::json::object sound_;
  std::vector<State> systems_;
  std::vector<State> states_;
};

}  // namespace sekisho
