// SPDX-License-Identifier: Apache-2.0
#include "server/access/live_desk.h"

#include <algorithm>
#include <exception>
#include <iterator>

#include "server/line/line.h"
#include "store/news.h"

namespace sekisho {
namespace {

/// Nobody is let in once the database wasn't heard for so long: another server may have taken
/// something back, and has to be able to rely on it being in force everywhere a second later. A
/// file has no other servers.
constexpr std::chrono::milliseconds kAnswersShared{1000};
constexpr std::chrono::milliseconds kAnswersAlone{5000};
/// Nobody stays in once it wasn't heard for so long.
constexpr std::chrono::milliseconds kKeeps{5000};
/// How often the database is asked whether there is something new: PostgreSQL says so by itself,
/// and has only to be heard.
constexpr std::chrono::milliseconds kLookShared{200};
constexpr std::chrono::milliseconds kLookAlone{50};
constexpr std::chrono::milliseconds kListen{500};
constexpr std::chrono::milliseconds kSweep{1000};
constexpr std::chrono::milliseconds kWrite{2000};
/// It is looked as often whether sensors have sent something, and what they found is judged anew
/// that often at least: it counts for a while.
constexpr std::chrono::milliseconds kLine{500};
constexpr std::chrono::seconds kLineAnew{30};
/// Who comes and goes all day is a visit an hour.
constexpr std::chrono::hours kVisit{1};
/// After a failure, before the next attempt.
constexpr std::chrono::milliseconds kPause{200};

LivePerson live_of(PersonId person) { return LivePerson(person.number()); }
std::optional<LiveDevice> live_of(std::optional<DeviceId> device) {
  return device ? std::optional(LiveDevice(device->number())) : std::nullopt;
}

LiveEntry entry_of(const AccessEntry& entry) {
  LiveEntry made{entry.enforcer.text(),
                 entry.resource,
                 live_of(entry.person),
                 live_of(entry.device),
                 entry.shown,
                 entry.until,
                 entry.from};
  made.unsealed = entry.unsealed;
  return made;
}

LiveSessions::Bounds bounds_of(const ServerOptions& options) {
  return {is_postgres(options.database) ? kAnswersShared : kAnswersAlone, kKeeps};
}

/// What doesn't stand on what a browser says, which isn't asked again for each request.
RiskSignals of_place() {
  RiskSignals signs;
  signs.set(static_cast<std::size_t>(RiskSignal::impossible_travel));
  signs.set(static_cast<std::size_t>(RiskSignal::new_network));
  return signs;
}

AccessVerdict verdict_of(LiveDecision made, const ResourceId& resource) {
  Text words = made.words(resource);
  return {std::move(made.decision), std::move(words), std::nullopt};
}

}  // namespace

LiveDesk::LiveDesk(const Guideline& guideline, const ServerOptions& options)
    : options_(options),
      risks_(Whereabouts::open(options.places, options.tell)),
      sessions_(
          bounds_of(options), [this](const LiveSessions::Cut& cut) { tell(cut); },
          [this](const ClientAddress& from) { return risks_.whereabouts().country(from); }),
      facts_(guideline),
      directory_(std::make_shared<AccessDirectory>()) {}

LiveDesk::~LiveDesk() { end(); }

LiveMoment LiveDesk::moment() const { return {options_.clock(), options_.stopwatch()}; }

std::shared_ptr<const AccessDirectory> LiveDesk::directory() const {
  const std::lock_guard lock(sharing_);
  return directory_;
}

Result<void> LiveDesk::update() {
  if (db_ == nullptr) {
    auto opened = options_.connect(options_.database);
    if (!opened) return std::unexpected(opened.error());
    db_ = std::move(*opened);
  }
  // Before it is asked: what is written from here on may not be in the answer.
  const LiveMoment read = moment();
  const auto changed = facts_.update(*db_, read.now);
  if (!changed) {
    db_.reset();
    return std::unexpected(changed.error());
  }
  unseen_ = unseen_ || *changed;
  if (auto risks = update_risks(read); !risks) {
    db_.reset();
    return risks;
  }
  // A clock that was set back makes another view, by which nothing is ahead of it.
  if (!unseen_ && made_at_ <= read.now) {
    sessions_.heard(read.tick);
    sessions_.publish(risk_board(read.now), read);
    return {};
  }
  {
    const std::lock_guard lock(sharing_);
    directory_ = facts_.directory();
  }
  made_at_ = read.now;
  const AccessFacts::Touched whom = facts_.touched();
  sessions_.publish(facts_.view(read.now), read, risk_board(read.now));
  unseen_ = false;
  tell_news(whom);
  return {};
}

void LiveDesk::tell_news(const AccessFacts::Touched& whom) const {
  if (!news_) return;
  if (whom.all) return news_({});
  std::vector<DeviceId> devices = whom.devices;
  for (const PersonId person : whom.people)
    std::ranges::copy(devices_of(person), std::back_inserter(devices));
  if (!devices.empty()) news_(devices);
}

Result<void> LiveDesk::update_risks(const LiveMoment& read) {
  risk_news_ = facts_.take_risk_news() || risk_news_;
  const auto learnt = risks_.update(*db_, facts_.policy(), facts_.calendar(), risk_news_, read.now);
  if (!learnt) return std::unexpected(learnt.error());
  risk_news_ = false;
  if (auto line = update_line(read); !line) return line;
  const std::lock_guard lock(sharing_);
  standings_ = facts_.standings(read.now);
  return {};
}

Result<void> LiveDesk::update_line(const LiveMoment& read) {
  const auto since = [&](const std::optional<Tick>& at, auto length) {
    return !at || read.tick >= *at + length;
  };
  if (!since(line_asked_, kLine)) return {};
  const auto pieces = pieces_at_line(*db_);
  if (!pieces) return std::unexpected(pieces.error());
  line_asked_ = read.tick;
  if (*pieces == pieces_ && !since(line_read_, kLineAnew)) return {};
  const auto found = found_at_line(*db_);
  if (!found) return std::unexpected(found.error());
  risks_.take(*found, read.now);
  pieces_ = *pieces;
  line_read_ = read.tick;
  return {};
}

std::shared_ptr<const RiskBoard> LiveDesk::risk_board(Time now) const {
  KnownStandings standings;
  {
    const std::lock_guard lock(sharing_);
    standings = standings_;
  }
  return risks_.board(standings, now);
}

void LiveDesk::complain(const Error& error) {
  if (std::exchange(complained_, true)) return;
  const Text what{
      "アクセスの判断に必要な記録を読めません。読めるまで、だれも新しく使えません: " +
          error.describe(Lang::ja),
      "what decisions on access stand on can't be read; until it can, nobody is let in: " +
          error.describe(Lang::en)};
  options_.log({Severity::error, "access-blind", {{"reason", error.describe(Lang::en)}}}, what);
}

bool LiveDesk::catch_up() {
  const std::lock_guard lock(updating_);
  Result<void> done;
  try {
    done = update();
  } catch (const std::exception& thrown) {
    db_.reset();
    done = std::unexpected(Error{{"", ""}, {}, Fault::broken, thrown.what()});
  }
  if (!done)
    complain(done.error());
  else
    complained_ = false;
  return done.has_value();
}

void LiveDesk::nudge() {
  {
    const std::lock_guard lock(waking_);
    nudged_ = true;
  }
  woken_.notify_one();
}

bool LiveDesk::write_log() {
  const std::lock_guard lock(writing_);
  try {
    if (log_db_ == nullptr) {
      auto opened = options_.connect(options_.database);
      if (!opened) return false;
      log_db_ = std::move(*opened);
    }
    if (log_.write(*log_db_) && write_visits(*log_db_) && write_roll(*log_db_)) return true;
    log_db_.reset();
  } catch (const std::exception&) {
    log_db_.reset();  // what waits is tried again
  }
  return false;
}

void LiveDesk::sweep() {
  const LiveMoment when = moment();
  // What was tried an hour ago counts no more.
  sessions_.publish(risk_board(when.now), when);
  sessions_.sweep(when);
}

void LiveDesk::look_after(const std::stop_token& quit, std::chrono::milliseconds every,
                          const std::function<void()>& look) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  while (!never.wait_for(lock, quit, every, [] { return false; }) && !quit.stop_requested()) look();
}

void LiveDesk::follow(const std::stop_token& quit) {
  const auto every = is_postgres(options_.database) ? kLookShared : kLookAlone;
  while (!quit.stop_requested()) {
    const bool well = catch_up();
    std::unique_lock lock(waking_);
    woken_.wait_for(lock, quit, well ? every : kPause, [this] { return nudged_; });
    nudged_ = false;
  }
}

void LiveDesk::listen(const std::stop_token& quit) {
  look_after(quit, kPause, [&] {
    auto listening = listen_for_news(options_.database, "sekisho_access");
    if (!listening) return;
    nudge();  // what came before it listened
    while (!quit.stop_requested()) {
      const auto told = (*listening)->wait(kListen);
      if (!told) return;
      if (*told) nudge();
    }
  });
}

void LiveDesk::begin() {
  follower_ = std::jthread([this](const std::stop_token& quit) { follow(quit); });
  if (is_postgres(options_.database))
    listener_ = std::jthread([this](const std::stop_token& quit) { listen(quit); });
  // By itself: whoever follows may be waiting for a database that says nothing.
  sweeper_ = std::jthread(
      [this](const std::stop_token& quit) { look_after(quit, kSweep, [this] { sweep(); }); });
  logger_ = std::jthread(
      [this](const std::stop_token& quit) { look_after(quit, kWrite, [this] { write_log(); }); });
}

void LiveDesk::end() {
  const bool running = follower_.joinable();
  for (std::jthread* one : {&follower_, &listener_, &sweeper_, &logger_}) one->request_stop();
  for (std::jthread* one : {&follower_, &listener_, &sweeper_, &logger_})
    if (one->joinable()) one->join();
  if (!running || !write_log()) return;
  const std::lock_guard lock(writing_);
  try {
    (void)roll_.leave(*log_db_);  // else it is taken for gone in a while
  } catch (const std::exception&) {
    log_db_.reset();
  }
}

std::optional<PersonId> LiveDesk::person_of(std::string_view email) const {
  const auto all = directory();
  const auto found = all->by_email.find(lower(email));
  if (found == all->by_email.end()) return std::nullopt;
  return found->second;
}

namespace {

std::optional<DeviceId> certified(const AccessDirectory::ByDigest& all, const KeyDigest& digest,
                                  Time now) {
  const auto found = all.find(digest);
  if (found == all.end() || now >= found->second.until) return std::nullopt;
  return found->second.device;
}

}  // namespace

std::optional<DeviceId> LiveDesk::device_of_certificate(const KeyDigest& sha256) const {
  return certified(directory()->by_certificate, sha256, options_.clock());
}

std::optional<DeviceId> LiveDesk::device_of_key(const KeyDigest& sha256) const {
  return certified(directory()->by_key, sha256, options_.clock());
}

std::vector<DeviceId> LiveDesk::devices_of(PersonId person) const {
  const auto all = directory();
  const auto found = all->devices_of.find(person.number());
  return found == all->devices_of.end() ? std::vector<DeviceId>() : found->second;
}

FactorsShown LiveDesk::shown_on(PersonId person, DeviceId device) const {
  const auto all = directory();
  const auto found = all->shown_on.find({person.number(), device.number()});
  return found == all->shown_on.end() ? FactorsShown() : found->second;
}

AccessVerdict LiveDesk::look(const AccessEntry& entry) const {
  const LiveMoment when = moment();
  return verdict_of(sessions_.look(begun(entry, when.now), when), entry.resource);
}

AccessVerdict LiveDesk::enter(const AccessEntry& entry) {
  const LiveMoment when = moment();
  const LiveEntry from_there = begun(entry, when.now);
  auto entered = sessions_.enter(from_there, when);
  log_.note(name(entered.made.decision.answer), from_there, entered.made, when.now);
  if (entered.token) note_visit("signed_in", from_there, entry.agent, when.now);
  AccessVerdict verdict = verdict_of(std::move(entered.made), entry.resource);
  verdict.token = entered.token;
  return verdict;
}

bool LiveDesk::opened(const EnforcerId& enforcer, const SessionToken& token, std::string handle) {
  return sessions_.opened(enforcer.text(), token, std::move(handle), moment());
}

void LiveDesk::closed(const EnforcerId& enforcer, const SessionToken& token) {
  sessions_.closed(enforcer.text(), token);
}

AccessVerdict LiveDesk::ask(const SessionToken& token, std::optional<DeviceId> device,
                            std::optional<ClientAddress> from) {
  const LiveMoment when = moment();
  auto asked = sessions_.ask(token, live_of(device), from, when);
  if (asked.entry && asked.made.decision.answer == AccessAnswer::allow && !device && from &&
      from != asked.entry->from) {
    // From somewhere else, by what may be a copied cookie: as if it came in now.
    LiveEntry moved = *asked.entry;
    moved.device.reset();
    moved.from = from;
    moved.place = RiskValue::of(*from);
    moved.signs |= risks_.begins(moved, "", when.now) & of_place();
    if (moved.signs != asked.entry->signs) asked.made = sessions_.look(moved, when);
  }
  // Of what was let in each request is not worth a line.
  if (asked.entry && asked.made.decision.answer != AccessAnswer::allow) {
    LiveEntry shown = *asked.entry;
    shown.device = live_of(device);
    shown.from = from;
    if (asked.made.decision.reasons.front().code == AccessReasonCode::device_changed)
      note_visit("foreign_key", shown, "", when.now);
    log_.note(name(asked.made.decision.answer), shown, asked.made, when.now);
  }
  static const ResourceId nowhere = *ResourceId::parse("none");
  return verdict_of(std::move(asked.made), asked.entry ? asked.entry->resource : nowhere);
}

LiveEntry LiveDesk::begun(const AccessEntry& entry, Time now) const {
  LiveEntry made = entry_of(entry);
  made.place = made.from ? RiskValue::of(*made.from) : RiskValue();
  made.signs = risks_.begins(made, entry.agent, now);
  return made;
}

AssessedRisk LiveDesk::risk_of(PersonId person) const {
  KnownStandings standings;
  {
    const std::lock_guard lock(sharing_);
    standings = standings_;
  }
  const Time now = options_.clock();
  const auto board = risks_.board(standings, now);
  std::optional<LiveDevice> worse;
  for (const DeviceId device : devices_of(person))
    if (board->signs({}, LiveDevice(device.number()), {}).any())
      worse = LiveDevice(device.number());
  return risks_.assess(static_cast<RiskPerson>(person.number()), worse, {}, *board, now);
}

void LiveDesk::note_visit(std::string_view outcome, const LiveEntry& entry, std::string_view agent,
                          Time now) {
  const std::string_view factor = entry.shown.passkey != Time::min() ? "passkey"
                                  : entry.shown.code != Time::min()  ? "code"
                                  : entry.enforcer == "gate"         ? "company"
                                                                     : "key";
  const std::lock_guard lock(sharing_);
  // How somebody comes in an emergency says nothing of how they come else.
  if (entry.unsealed || visits_.size() >= kMostVisits) return;
  visits_.push_back(
      {PersonId(static_cast<std::int64_t>(entry.person)),
       {now, std::string(outcome), std::string(factor), entry.resource.text(),
        entry.from ? entry.from->text() : "", std::string(agent),
        entry.device ? std::optional(DeviceId(static_cast<std::int64_t>(*entry.device)))
                     : std::nullopt}});
}

Result<void> LiveDesk::write_visits(Database& database) {
  std::vector<Visit> visits;
  {
    const std::lock_guard lock(sharing_);
    visits.swap(visits_);
  }
  if (visits.empty()) return {};
  auto done = database.write([&]() -> Result<void> {
    for (const Visit& one : visits) {
      const auto before = database.query(
          "SELECT 1 FROM sign_in WHERE person_id = ? AND at > ? AND at <= ? AND outcome = ? AND "
          "place = ? AND origin = ? AND device_id = ? LIMIT 1",
          {one.person, value_of(one.note.at - kVisit), value_of(one.note.at), one.note.outcome,
           one.note.place, one.note.origin,
           one.note.device ? one.note.device->number() : std::int64_t{0}});
      if (!before) return std::unexpected(before.error());
      if (!before->empty()) continue;
      if (auto noted = note_sign_in(database, one.person, one.note); !noted) return noted;
    }
    return {};
  });
  if (done) return done;
  const std::lock_guard lock(sharing_);
  for (Visit& one : visits)
    if (visits_.size() < kMostVisits) visits_.push_back(std::move(one));
  return done;
}

Result<void> LiveDesk::write_roll(Database& database) {
  // A file has one server.
  return is_postgres(options_.database) ? roll_.write(database, sessions_, options_.clock())
                                        : Result<void>();
}

Result<std::vector<WhoIsIn>> LiveDesk::who_is_in(Database& database) const {
  auto all = is_postgres(options_.database) ? roll_.others(database, options_.clock())
                                            : std::vector<WhoIsIn>();
  if (!all) return all;
  for (LiveSession& one : sessions_.live()) all->push_back({std::move(one.entry), one.since});
  return all;
}

void LiveDesk::tell(const LiveSessions::Cut& cut) {
  std::vector<std::shared_ptr<Listener>> told;
  {
    const std::lock_guard lock(sharing_);
    const auto [first, last] = listeners_.equal_range(cut.session.entry.enforcer);
    for (auto one = first; one != last; ++one)
      if (auto listener = one->second.lock()) told.push_back(std::move(listener));
  }
  const Cut one{cut.session.token, cut.session.handle, cut.why.words(cut.session.entry.resource)};
  bool ended = true;
  for (const auto& listener : told) {
    const std::lock_guard lock(listener->mutex);
    if (listener->cut) ended = listener->cut(one) && ended;
  }
  log_.note(ended ? "cut" : "uncut", cut.session.entry, cut.why, options_.clock());
  // What time alone has ended, too.
  if (news_ && cut.session.entry.device)
    news_({DeviceId(static_cast<std::int64_t>(*cut.session.entry.device))});
}

std::shared_ptr<void> LiveDesk::on_cut(const EnforcerId& enforcer,
                                       std::function<bool(const Cut&)> cut) {
  auto listener = std::make_shared<Listener>();
  listener->cut = std::move(cut);
  {
    const std::lock_guard lock(sharing_);
    std::erase_if(listeners_, [](const auto& one) { return one.second.expired(); });
    listeners_.emplace(enforcer.text(), listener);
  }
  // Whoever lets go waits for the call that is under way, and there is no other after it.
  return {listener.get(), [listener](void*) {
            const std::lock_guard lock(listener->mutex);
            listener->cut = nullptr;
          }};
}

std::vector<AccessDesk::Cut> LiveDesk::live(const EnforcerId& enforcer) const {
  std::vector<Cut> list;
  for (LiveSession& one : sessions_.live())
    if (one.entry.enforcer == enforcer.text())
      list.push_back({one.token, std::move(one.handle), {}});
  return list;
}

}  // namespace sekisho
