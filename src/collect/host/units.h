// SPDX-License-Identifier: Apache-2.0
// Internal to the room: units as systemd would start them: where their files are, what drop-ins
// make of them, whether something starts them, and whether they still do what they are for.
#pragma once

#include <initializer_list>

#include "collect/host/schedule.h"
#include "collect/host/systemd.h"

namespace sekisho {

enum class UnitState : std::uint8_t {
  missing,
  masked,
  disabled,
  changed,  // it starts, but something else than it is for, or under a condition that isn't met
  enabled,
};
std::string_view name(UnitState state);

using Programs = std::initializer_list<std::string_view>;

/// What a timer comes to.
struct TimerWork {
  UnitState state = UnitState::missing;
  /// Of its own times; nothing where one of them isn't understood, or it has none by the clock.
  std::optional<GapDays> gap;
  std::string service;  // that it starts
};

class Units {
 public:
  /// The system's.
  explicit Units(const Machine& machine);
  /// A person's own, of their home folder alone.
  Units(const Machine& machine, const std::string& home);

  /// Whether it starts by itself: its file is there, no mask hides it, and something wants it.
  UnitState state(std::string_view unit) const;
  /// Whether it does what it is for once something starts it: no mask, one of `programs` is what it
  /// runs, and its conditions hold. A change made on this machine that isn't understood is a gap.
  UnitState does(std::string_view unit, Programs programs) const;
  /// Both.
  UnitState work(std::string_view unit, Programs programs) const;
  TimerWork timer(std::string_view unit, Programs programs, Day today) const;

  /// All lines of a unit and its drop-ins that set `key` in `section`, in order.
  std::vector<Decided> settings(std::string_view unit, std::string_view section,
                                std::string_view key) const;
  /// The lines of a list that an empty one begins anew.
  std::vector<Decided> list(std::string_view unit, std::string_view section,
                            std::string_view key) const;
  /// The words of one of its commands, with variables put in. What can't be followed is a gap.
  std::vector<std::string> words_of(std::string_view unit, const Decided& command) const;
  /// Names of the units that end with `ending`.
  std::vector<std::string> named(std::string_view ending) const;
  /// The file that a unit is read from; empty when there is none.
  std::string file(std::string_view unit) const;
  /// The same, seen by another look.
  Units on(const Machine& machine) const;

 private:
  struct Line;
  std::vector<std::string> names(std::string_view unit) const;
  std::vector<std::string> files(std::string_view unit) const;
  std::vector<Line> lines(std::string_view unit) const;
  bool wanted(std::string_view unit, int depth) const;
  bool reached(std::string_view target, int depth) const;
  bool own(std::string_view unit) const;
  std::optional<bool> holds(std::string_view condition, std::string value) const;
  bool conditions_hold(const std::vector<Line>& lines) const;
  void note_changes(const std::vector<Line>& lines, bool whole) const;
  std::map<std::string, std::string> environment(std::string_view unit) const;

  const Machine* machine_;
  std::vector<std::string> folders_;
};

/// Whether a unit of the system starts by itself.
UnitState unit_state(const Machine& machine, std::string_view unit);
/// Whether it starts by itself and does what it is for, noted as what was held against "enabled".
UnitState note_unit(const Machine& machine, std::string_view unit, Programs programs = {});

std::vector<Decided> unit_settings(const Machine& machine, std::string_view unit,
                                   std::string_view section, std::string_view key);

/// The words of what a unit starts (the last ExecStart), with variables of its Environment and
/// EnvironmentFile put in; empty where there is no such unit. What can't be followed is a gap.
std::vector<std::string> unit_command(const Machine& machine, std::string_view unit);

}  // namespace sekisho
