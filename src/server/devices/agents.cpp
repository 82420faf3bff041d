// SPDX-License-Identifier: Apache-2.0
#include "server/devices/agents.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <boost/json.hpp>

#include "base/crypto.h"
#include "base/gzip.h"
#include "collect/inventory/inventory.h"
#include "collect/inventory/sbom.h"
#include "server/api/signed.h"
#include "server/devices/osquery.h"
#include "server/devices/software.h"
#include "server/http/problem.h"
#include "server/line/line.h"
#include "store/audit.h"
#include "store/columns.h"

namespace sekisho {
namespace {

namespace json = boost::json;
constexpr const char* kAgentSource = "collector:agent";
constexpr std::chrono::minutes kContentKept{1};

/// What a device is told of each kind of refusal: docs/agent-protocol.md.
constexpr std::array<std::pair<Fault, unsigned>, 6> kStatuses{{{Fault::malformed, 400},
                                                               {Fault::forbidden, 403},
                                                               {Fault::missing, 404},
                                                               {Fault::conflict, 409},
                                                               {Fault::too_large, 413},
                                                               {Fault::invalid, 422}}};

/// Why a device is not listened to.
std::unexpected<Error> refused(unsigned status, std::string ja, std::string en) {
  const auto* kind = std::ranges::find(kStatuses, status, &decltype(kStatuses)::value_type::second);
  return std::unexpected(Error{
      {std::move(ja), std::move(en)}, {}, kind == kStatuses.end() ? Fault::plain : kind->first});
}

std::unexpected<Error> unknown_device() {
  return refused(403, "この端末の証明書は使えません。もう一度登録してください。",
                 "this device's certificate is not valid here; enrol it again.");
}

std::unexpected<Error> used_twice() {
  return refused(409,
                 "この端末の鍵が二か所で使われています。管理者に知らせ、登録し直してください。",
                 "this device's key is used in two places; tell the administrator and enrol it "
                 "again.");
}

std::unexpected<Error> nothing_here() {
  return refused(404, "ここにはありません。", "there is nothing here.");
}

struct KnownDevice {
  DeviceId id;
  std::string name;        // of the subject
  std::string public_key;  // DER
  std::string machine;
  std::int64_t sequence = 0;
  std::string kept_turn;  // that the last receipt gave
  std::string kept_last_turn;
  std::optional<Time> copied_at;
  bool extended_support = false;
  std::string software_version;    // of the list that it sent
  std::string software_exploited;  // what stands against its software
  std::string software_grave;

  SubjectId subject() const { return {name}; }
  Turn turn() const { return Turn::of(kept_turn); }
  Turn last_turn() const { return Turn::of(kept_last_turn); }
  std::string agent_id() const { return name.substr(name.find(':') + 1); }

  static std::span<const Column<KnownDevice>> columns() {
    using Known = Column<KnownDevice>;
    static const std::array kColumns{
        Known{"d.id", &KnownDevice::id},
        Known{"d.subject", &KnownDevice::name},
        Known{"c.public_key", &KnownDevice::public_key},
        Known{"d.machine", &KnownDevice::machine},
        Known{"d.sequence", &KnownDevice::sequence},
        Known{"d.turn", &KnownDevice::kept_turn},
        Known{"d.last_turn", &KnownDevice::kept_last_turn},
        Known{"d.copied_at", &KnownDevice::copied_at},
        Known{"d.extended_support", &KnownDevice::extended_support},
        Known{"d.software_version", &KnownDevice::software_version},
        Known{"d.software_exploited", &KnownDevice::software_exploited},
        Known{"d.software_grave", &KnownDevice::software_grave}};
    return kColumns;
  }
};

/// The device whose certificate the connection shows.
Result<KnownDevice> device_of(Database& db, const HttpRequest& request, Time now) {
  if (request.peer_certificate.empty()) return unknown_device();
  const auto rows = db.query(
      "SELECT " + columns_of<KnownDevice>() +
          " FROM device_certificate c JOIN device d ON d.id = c.device_id WHERE c.fingerprint = ? "
          "AND c.purpose = 'reports' AND c.revoked_at IS NULL AND c.expires_at > ? AND d.state <> "
          "'retired'",
      {request.peer_certificate, value_of(now)});
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return unknown_device();
  auto device = read_as<KnownDevice>(rows->front());
  if (device.copied_at) return used_twice();
  device.public_key = from_base64url(device.public_key).value_or("");
  return device;
}

/// The body as text, after decompression.
Result<std::string> body_of(const HttpRequest& request) {
  const std::string_view encoding = request.header("content-encoding");
  if (encoding.empty()) return request.body;
  auto text = encoding == "gzip" ? gunzip(request.body, kMostDeliveryBytes) : std::nullopt;
  if (!text)
    return refused(413, "本文を展開できないか、大きすぎます。",
                   "the body cannot be decompressed, or is too large.");
  return std::move(*text);
}

Result<void> check_clock(Time sent_at, Time now) {
  if (std::chrono::abs(sent_at - now) <= kMostSkew) return {};
  const auto off = std::chrono::duration_cast<std::chrono::minutes>(sent_at - now).count();
  return refused(422, fmt::format("端末の時計が {} 分ずれています。時計を合わせてください。", off),
                 fmt::format("this device's clock is off by {} minutes; set it.", off));
}

/// What is wrong with a report of this device; nothing when it can be believed.
std::optional<Text> wrong(const KnownDevice& device, const SignedReport& sent,
                          const AgentReport& report, Time now) {
  if (report.device != device.agent_id())
    return Text{"別の端末の報告です。", "it is a report of another device."};
  const auto signature = from_base64url(sent.signature);
  if (!signature || !signature_holds(device.public_key, sent.body, *signature))
    return Text{"署名が正しくありません。", "its signature does not hold."};
  if (report.observed_at > now + kMostSkew)
    return Text{"見た時刻が未来です。", "it was seen in the future."};
  if (report.observed_at < now - kOldestReport) return Text{"古すぎます。", "it is too old."};
  return std::nullopt;
}

/// A record, with what the server knows against the device's software.
Evidence with_software(const AgentRecord& record, const CheckSpec& spec, const KnownDevice& device,
                       Time observed_at) {
  // An agent that is older says less.
  Basis basis = record.basis.empty()
                    ? Basis(Compared{.source = Compared::Source::report, .place = "sekisho agent"})
                    : record.basis;
  Evidence evidence{device.subject(),
                    spec.id,
                    {record.verdict, record.detail, std::move(basis)},
                    observed_at,
                    observed_at + spec.valid_for,
                    kAgentSource};
  const Text against = spec.id == "known-exploited"    ? open_to_attacks(device.software_exploited)
                       : spec.id == "security-updates" ? to_be_updated(device.software_grave)
                                                       : Text();
  if (against.en.empty()) return evidence;
  Text detail = against;
  if (evidence.verdict() == Verdict::fail)
    detail = {evidence.detail().ja + "。" + against.ja, evidence.detail().en + "; " + against.en};
  evidence.judgement = {Verdict::fail, std::move(detail), evidence.basis()};
  return evidence;
}

/// What a report says, with what its system has no such thing for, and with what the machine
/// doesn't know of: support that was paid for, weaknesses of its software.
std::vector<Evidence> evidence_of(const KnownDevice& device, const AgentReport& report,
                                  const Guideline& guideline, const SupportFeed& feed, Time now,
                                  Day today) {
  std::vector<Evidence> list;
  const Time observed_at = std::min(report.observed_at, now);
  for (AgentRecord record : report.records) {
    // What older readers call good proves nothing here.
    if (read_otherwise_since(report.readers, record.check) &&
        (record.verdict == Verdict::pass || record.verdict == Verdict::not_applicable))
      record = {record.check, Verdict::unknown, seen_by_older_agent()};
    // An agent of another version may have checks that are not known here.
    const CheckSpec* spec = guideline.check(record.check);
    if (spec == nullptr || spec->asked) continue;
    if (spec->id == "os-support" && device.extended_support && record.verdict == Verdict::fail)
      list.push_back(support_evidence(guideline, feed, device.subject(), report.system.name,
                                      report.system.version, true, observed_at, today,
                                      kAgentSource));
    else
      list.push_back(with_software(record, *spec, device, observed_at));
  }
  // Linux agents say themselves what does not concern them.
  if (report.system.id == "windows")
    std::ranges::move(unconcerned_evidence(guideline, device.subject(), report.system.id,
                                           observed_at, kAgentSource),
                      std::back_inserter(list));
  return list;
}

Result<void> note_copy(Database& db, const KnownDevice& device, std::string_view how, Time now) {
  if (auto set =
          db.execute("UPDATE device SET copied_at = ? WHERE id = ?", {value_of(now), device.id});
      !set)
    return set;
  return append_audit(db, now, "agent", "device-copied", device.subject().value,
                      json::serialize(json::object{{"how", how}}));
}

struct Believed {
  AgentReport report;
  std::vector<Evidence> evidence;
};

/// What a code lets in: for whom, into which group.
struct UsedCode {
  std::int64_t link = 0;
  Value person;
  std::string team;
};

/// Takes one use of a link: one for each machine, however often it enrols while the link works. Two
/// who come at once for the last one are one after the other.
Result<UsedCode> use_code(Database& db, std::string_view code, const std::string& machine,
                          Time now) {
  const auto rows = db.query(
      "UPDATE enrolment SET used = used + (CASE WHEN EXISTS (SELECT 1 FROM device d WHERE "
      "d.machine "
      "= ? AND d.link = enrolment.id) THEN 0 ELSE 1 END), used_at = ? WHERE secret = ? AND used < "
      "most AND withdrawn_at IS NULL RETURNING id, person_id, team, created_at, expires_at",
      {machine, value_of(now), secret_hash(code)});
  if (!rows) return std::unexpected(rows.error());
  // What was made later than now, or would be good for longer than any, is of a clock that was
  // ahead.
  constexpr std::chrono::minutes kSlack{5};
  if (rows->empty() || rows->front().time(4) <= now || rows->front().time(3) > now + kSlack ||
      rows->front().time(4) > now + kMostEnrolmentDays + kSlack)
    return refused(403, "登録用のリンクは使い終わったか、期限が切れています。",
                   "this enrolment link was used already or has expired.");
  const Row& row = rows->front();
  return UsedCode{row.integer(0), row.value(1), row.text(2)};
}

Result<DeviceId> insert_device(Database& db, const Enrolment& enrolment, const SubjectId& subject,
                               const UsedCode& code, Time now) {
  const auto rows = db.query(
      "INSERT INTO device (subject, name, person_id, team, state, created_at, system_id, "
      "system_version, system_name, machine) VALUES (?, ?, ?, ?, 'active', ?, ?, ?, ?, ?) "
      "RETURNING id",
      {subject.value, enrolment.host, code.person, code.team, value_of(now), enrolment.system.id,
       enrolment.system.version, enrolment.system.name, enrolment.machine});
  if (!rows) return std::unexpected(rows.error());
  return rows->front().id<DeviceId>(0);
}

/// What a key of a device is for: its reports, or the programs of whoever uses it, which may have
/// anything signed. Neither counts for the other.
constexpr const char* kReports = "reports";
constexpr const char* kAccess = "access";

Result<void> add_certificate(Database& db, DeviceId device, const char* purpose,
                             const Certificate& certificate, Time now) {
  return db.execute(
      "INSERT INTO device_certificate (device_id, fingerprint, public_key, issued_at, expires_at, "
      "purpose) VALUES (?, ?, ?, ?, ?, ?)",
      {device, certificate.fingerprint, base64url(certificate.public_key), value_of(now),
       value_of(certificate.not_after), purpose});
}

HttpReply reply(const Result<std::string>& answer) {
  if (answer) return {200, {{"content-type", "application/json"}}, *answer, {}};
  const Error& why = answer.error();
  const auto* kind =
      std::ranges::find(kStatuses, why.fault, &decltype(kStatuses)::value_type::first);
  // A database's refusal has a reason of its own.
  const bool ours = kind == kStatuses.end() || !why.reason.empty();
  const unsigned status = ours ? 503 : kind->second;
  // What is wrong inside (a database's words, a path) is not for a device.
  const Text said = ours ? Text{"後でもう一度試してください。", "try again later."} : why.message;
  return {status,
          {{"content-type", "application/problem+json"}},
          json::serialize(json::object{{"type", "about:blank"},
                                       {"status", status},
                                       {"code", problem_code(status)},
                                       {"title", said.en},
                                       {"reason", {{"ja", said.ja}, {"en", said.en}}}}),
          {}};
}

/// What a reader found wrong in a body, as the sender's fault.
Error senders(Error error) {
  error.fault = Fault::malformed;
  return error;
}

}  // namespace

std::string agents_url(const ServerOptions& options) {
  if (!options.agents.url.empty()) return options.agents.url;
  return fmt::format("https://{}:{}", options.agents.address, options.agents.port);
}

Agents::Agents(Authorities authorities, const Guideline& guideline, const ServerOptions& options)
    : authorities_(std::make_shared<const Authorities>(std::move(authorities))),
      turns_(authorities_->turns),
      guideline_(guideline),
      options_(options) {}

Result<std::unique_ptr<Agents>> Agents::open(Database& db, const Guideline& guideline,
                                             const ServerOptions& options) {
  auto authorities = organisation_authorities(db, options.clock());
  if (!authorities) return std::unexpected(authorities.error());
  return std::unique_ptr<Agents>(new Agents(std::move(*authorities), guideline, options));
}

std::shared_ptr<const Authorities> Agents::authorities() const {
  const std::lock_guard lock(mutex_);
  return authorities_;
}

Result<bool> Agents::refresh(Database& db) {
  auto fresh = organisation_authorities(db, options_.clock());
  if (!fresh) return std::unexpected(fresh.error());
  const bool changed = fresh->believed() != authorities()->believed();
  if (!changed) return false;
  const std::lock_guard lock(mutex_);
  authorities_ = std::make_shared<const Authorities>(std::move(*fresh));
  return true;
}

Result<Agents::Shown> Agents::identity() const {
  const auto key = KeyPair::make();
  if (!key) return std::unexpected(key.error());
  std::string host = agents_url(options_).substr(std::string_view("https://").size());
  host =
      host.starts_with('[') ? host.substr(1, host.find(']') - 1) : host.substr(0, host.find(':'));
  const Time now = options_.clock();
  const auto all = authorities();
  std::vector<std::string> hosts{host, options_.agents.address, "localhost", "127.0.0.1"};
  std::ranges::copy(options_.hosts, std::back_inserter(hosts));
  const auto certificate = all->current.certify_server(*key, hosts, now);
  if (!certificate) return std::unexpected(certificate.error());
  return Shown{{certificate->pem, key->pem(), all->believed()}, now, certificate->not_after};
}

Result<std::string> Agents::enrol(const HttpRequest& request, Database& db, Time now) const {
  const auto asked = read_enrolment(request.body);
  if (!asked) return std::unexpected(senders(asked.error()));
  Result<std::string> answer = failure("", "");
  const auto done = db.write([&]() -> Result<void> {
    const auto code = use_code(db, asked->code, asked->machine, now);
    if (!code) return std::unexpected(code.error());
    const Value& person = code->person;
    // The same installation of the same person, enrolled again, stays one device. What a machine
    // says of itself takes over nobody else's: a link for a person only theirs, a link for nobody
    // only nobody's. It is said, because a key that was good is refused from then on.
    const auto before = db.query(
        "SELECT id, subject, turn FROM device WHERE machine = ? AND person_id IS NOT DISTINCT FROM "
        "? AND state <> 'retired' ORDER BY id DESC LIMIT 1",
        {asked->machine, person});
    if (!before) return std::unexpected(before.error());
    SubjectId subject{before->empty() ? "device:" + hex(random_bytes(8)) : before->front().text(1)};
    const std::string agent = subject.value.substr(subject.value.find(':') + 1);
    const auto all = authorities();
    const auto certificate = all->current.certify(asked->request, agent, now);
    if (!certificate) return std::unexpected(senders(certificate.error()));
    const auto id = before->empty() ? insert_device(db, *asked, subject, *code, now)
                                    : Result<DeviceId>(before->front().id<DeviceId>(0));
    if (!id) return std::unexpected(id.error());
    const std::string turn =
        turns_.give(agent, before->empty() ? 1 : Turn::of(before->front().text(2)).number + 1);
    for (const auto& [sql, values] : std::initializer_list<std::pair<const char*, Values>>{
             {"UPDATE device_certificate SET revoked_at = ? WHERE device_id = ? AND revoked_at IS "
              "NULL",
              {value_of(now), *id}},
             {"UPDATE device SET turn = ?, last_turn = '', sequence = 0, copied_at = NULL, link = "
              "?, "
              "anew_at = ? WHERE id = ?",
              {turns_.read(agent, turn).kept, code->link, before->empty() ? Value() : value_of(now),
               *id}}})
      if (auto ran = db.execute(sql, values); !ran) return ran;
    if (auto added = add_certificate(db, *id, kReports, *certificate, now); !added) return added;
    const auto key = organisation_key(db);
    if (!key) return std::unexpected(key.error());
    answer = write_enrolled({agent, certificate->pem + all->believed(), turn, key->public_key});
    return append_audit(db, now, "agent",
                        before->empty() ? "device-enrolled" : "device-enrolled-anew", subject.value,
                        json::serialize(json::object{{"name", asked->host}, {"link", code->link}}));
  });
  if (!done) return std::unexpected(done.error());
  return answer;
}

Result<std::string> Agents::take_reports(const HttpRequest& request, Database& db, Time now) {
  const auto known = device_of(db, request, now);
  if (!known) return std::unexpected(known.error());
  const auto text = body_of(request);
  if (!text) return std::unexpected(text.error());
  const auto delivery = read_delivery(*text);
  if (!delivery) return std::unexpected(senders(delivery.error()));
  if (const auto clock = check_clock(delivery->sent_at, now); !clock)
    return std::unexpected(clock.error());

  const auto feeds = options_.newest_feeds();
  if (!feeds) return std::unexpected(feeds.error());

  const auto calendar = calendar_of(db);
  if (!calendar) return std::unexpected(calendar.error());

  // All that needs no database, before writers wait for one another.
  Receipt receipt;
  std::vector<Believed> believed;
  bool moved = false;
  for (const SignedReport& sent : delivery->reports) {
    const auto report = read_report(sent.body);
    if (!report) {
      receipt.refused.push_back({0, report.error().message});
      continue;
    }
    if (const auto reason = wrong(*known, sent, *report, now)) {
      receipt.refused.push_back({report->sequence, *reason});
      continue;
    }
    moved = moved || report->machine != known->machine;
    believed.push_back({*report, evidence_of(*known, *report, guideline_, (*feeds)->support, now,
                                             calendar->day(now))});
  }
  std::ranges::stable_sort(believed, {}, [](const Believed& one) { return one.report.sequence; });

  const auto served = content(db);
  if (!served) return std::unexpected(served.error());
  receipt.content = (*served)->version;
  receipt.software = known->software_version;
  bool copied = false;
  const auto done = db.write([&]() -> Result<void> {
    // Read again inside: another server may have taken a delivery meanwhile.
    const auto device = device_of(db, request, now);
    if (!device) return std::unexpected(device.error());
    const Turn shown = turns_.read(device->agent_id(), delivery->turn);
    // The last turn again: its receipt was lost on the way. One that is ahead of ours: this
    // database was set back.
    const bool expected = shown.kept == device->turn().kept ||
                          shown.kept == device->last_turn().kept ||
                          shown.number > device->turn().number;
    if (moved || !expected) {
      copied = true;
      return note_copy(db, *device, moved ? "another installation" : "an older turn", now);
    }
    receipt.turn =
        turns_.give(device->agent_id(), std::max(shown.number, device->turn().number) + 1);
    receipt.up_to = device->sequence;
    for (const Believed& one : believed) {
      if (one.report.sequence <= receipt.up_to) continue;  // it is here already
      if (const auto kept = append_evidence(db, one.evidence); !kept)
        return std::unexpected(kept.error());
      receipt.up_to = one.report.sequence;
    }
    if (!believed.empty() && receipt.up_to > device->sequence) {
      const AgentReport& last = believed.back().report;
      if (auto set = db.execute(
              "UPDATE device SET system_id = ?, system_version = ?, system_name = ? WHERE id = ?",
              {last.system.id, last.system.version, last.system.name, device->id});
          !set)
        return set;
    }
    return db.execute(
        "UPDATE device SET turn = ?, last_turn = ?, sequence = ?, seen_at = ?, tpm = ? WHERE id = "
        "?",
        {turns_.read(device->agent_id(), receipt.turn).kept, shown.kept, receipt.up_to,
         value_of(now), std::int64_t{delivery->tpm ? 1 : 0}, device->id});
  });
  if (!done) return std::unexpected(done.error());
  if (copied) return used_twice();
  return write_receipt(receipt);
}

/// A list of another device, a forged one and an old one that is sent again are refused; what stays
/// is the newest.
Result<std::string> Agents::take_software(const HttpRequest& request, Database& db,
                                          Time now) const {
  const auto device = device_of(db, request, now);
  if (!device) return std::unexpected(device.error());
  const auto text = body_of(request);
  if (!text) return std::unexpected(text.error());
  const auto sent = read_signed(*text);
  if (!sent) return std::unexpected(senders(sent.error()));
  const auto list = read_software_list(sent->body);
  if (!list) return std::unexpected(senders(list.error()));
  const auto signature = from_base64url(sent->signature);
  if (list->device != device->agent_id() || !signature ||
      !signature_holds(device->public_key, sent->body, *signature))
    return refused(422, "この端末が署名した一覧ではありません。",
                   "this list is not signed by this device.");
  if (auto clock = check_clock(list->observed_at, now); !clock)
    return std::unexpected(clock.error());
  const auto components = read_cyclonedx(list->sbom);
  if (!components) return std::unexpected(senders(first_of(components.error())));
  const auto feeds = options_.newest_feeds();
  if (!feeds) return std::unexpected(feeds.error());
  const auto done = db.write([&]() -> Result<void> {
    const auto newer = db.query("SELECT 1 FROM device WHERE id = ? AND software_at > ?",
                                {device->id, value_of(list->observed_at)});
    if (!newer) return std::unexpected(newer.error());
    if (!newer->empty())
      return refused(422, "もっと新しい一覧があります。", "a newer list is here already.");
    if (auto kept = keep_software(db, device->id, components->components,
                                  content_version(list->sbom), list->observed_at);
        !kept)
      return kept;
    return judge_own_software(db, guideline_, **feeds, device->id);
  });
  if (!done) return std::unexpected(done.error());
  return "{}";
}

Result<std::string> Agents::take_line(const HttpRequest& request, Database& db, Time now) const {
  const auto device = device_of(db, request, now);
  if (!device) return std::unexpected(device.error());
  const auto text = body_of(request);
  if (!text) return std::unexpected(text.error());
  const auto piece = read_piece(*text);
  if (!piece) return std::unexpected(senders(piece.error()));
  const auto up_to = take_piece(db, options_, guideline_, device->id, *piece, now);
  if (!up_to) return std::unexpected(up_to.error());
  // So that a sensor that runs for months counts by the addresses of now.
  const auto task = sensor_task(db);
  if (!task) return std::unexpected(task.error());
  return json::serialize(json::object{{"up_to", *up_to}, {"task", secret_hash(write_task(*task))}});
}

Result<std::string> Agents::renew(const HttpRequest& request, Database& db, Time now) const {
  const auto asked = read_renewal(request.body);
  if (!asked) return std::unexpected(senders(asked.error()));
  std::string pem;
  const auto done = db.write([&]() -> Result<void> {
    const auto device = device_of(db, request, now);
    if (!device) return std::unexpected(device.error());
    const auto all = authorities();
    const auto certificate = all->current.certify(*asked, device->agent_id(), now);
    if (!certificate) return std::unexpected(senders(certificate.error()));
    if (certificate->public_key != device->public_key)
      return refused(422, "別の鍵の申請です。", "the request is for another key.");
    pem = certificate->pem + all->believed();
    // The one before holds until it ends: this reply may be lost.
    return add_certificate(db, device->id, kReports, *certificate, now);
  });
  if (!done) return std::unexpected(done.error());
  return pem;
}

/// A device has one key for programs: an older one ends with the next.
Result<std::string> Agents::access(const HttpRequest& request, Database& db, Time now) const {
  const auto asked = read_renewal(request.body);
  if (!asked) return std::unexpected(senders(asked.error()));
  std::string pem;
  const auto done = db.write([&]() -> Result<void> {
    const auto device = device_of(db, request, now);
    if (!device) return std::unexpected(device.error());
    const auto certificate = authorities()->current.certify_access(*asked, device->agent_id(), now);
    if (!certificate) return std::unexpected(senders(certificate.error()));
    if (certificate->public_key == device->public_key)
      return refused(422, "報告に署名する鍵は、ほかのことに使えません。",
                     "the key that signs reports serves for nothing else.");
    if (auto ended = db.execute(
            "UPDATE device_certificate SET revoked_at = ? WHERE device_id = ? AND purpose = ? AND "
            "public_key <> ? AND revoked_at IS NULL",
            {value_of(now), device->id, kAccess, base64url(certificate->public_key)});
        !ended)
      return ended;
    pem = certificate->pem;
    return add_certificate(db, device->id, kAccess, *certificate, now);
  });
  if (!done) return std::unexpected(done.error());
  return pem;
}

std::string Agents::key_of(DeviceId device) { return std::to_string(device.number()); }

/// How it stands with a device, where that is another than what it knows; else the question is held
/// until it may be. A device that is let in no more is told so at once, since all that ends it is
/// news.
HttpReply Agents::wait(const HttpRequest& request, Database& db, Time now) const {
  const std::uint64_t news = *news_;
  const auto device = device_of(db, request, now);
  if (!device) return reply(std::unexpected(device.error()));
  const auto rows =
      db.query("SELECT looks_asked, person_id FROM device WHERE id = ?", {device->id});
  if (!rows) return reply(std::unexpected(rows.error()));
  Told told;
  if (!rows->empty()) {
    told.looks = rows->front().integer(0);
    if (closed_ && !rows->front().null(1))
      told.closed = closed_(rows->front().id<PersonId>(1), device->id);
  }
  if (told.closed.size() > kMostClosed) {
    told.more_closed = static_cast<std::int64_t>(told.closed.size() - kMostClosed);
    told.closed.resize(kMostClosed);
  }
  const std::string all = write_told(std::move(told));
  const auto known = query_value(request.query, "since");
  const auto fresh = read_told(all);
  if (!fresh || fresh->word != known) return reply(all);
  HttpReply nothing{202, {{"cache-control", "no-store"}}, "", {}};
  nothing.hold = std::make_shared<const HttpHold>(
      HttpHold{key_of(device->id), kHeldFor, [of = news_, news] { return *of == news; }});
  return nothing;
}

std::shared_ptr<const Agents::Served> Agents::served(bool fresh) const {
  const std::lock_guard lock(mutex_);
  return !fresh || options_.stopwatch() - served_at_ < kContentKept ? served_ : nullptr;
}

Result<Agents::Served> Agents::look_for_content(Database& db) const {
  std::vector<ContentFile> files;
  if (options_.agents.content) {
    auto given = options_.agents.content();
    if (!given) return std::unexpected(given.error());
    files = std::move(*given);
  }
  files.push_back({kProtocolFile, write_protocol()});
  const auto key = organisation_key(db);
  if (!key) return std::unexpected(key.error());
  const std::string body = write_content_files(files);
  return Served{content_version(body), write_content({body, sign(key->seed, body)})};
}

Result<std::shared_ptr<const Agents::Served>> Agents::content(Database& db) {
  if (auto fresh = served(true)) return fresh;
  std::unique_lock looking(looking_, std::try_to_lock);
  if (!looking.owns_lock()) {
    if (auto there = served(false)) return there;
    looking.lock();
  }
  if (auto fresh = served(true)) return fresh;  // somebody was first
  auto found = look_for_content(db);
  if (!found) return std::unexpected(found.error());
  const std::lock_guard lock(mutex_);
  served_ = std::make_shared<const Served>(std::move(*found));
  served_at_ = options_.stopwatch();
  return served_;
}

std::optional<HttpReply> Agents::refusal(const HttpRequest& request, Database& db) const {
  const std::string_view path = request.path;
  constexpr std::array<std::string_view, 5> kOfDevices{"/agent/v1/reports", "/agent/v1/software",
                                                       "/agent/v1/line", "/agent/v1/renew",
                                                       "/agent/v1/access"};
  // What a node or a code is worth stands in the body.
  if (path.starts_with("/osquery/") || path == "/agent/v1/enrol") return std::nullopt;
  if (std::ranges::find(kOfDevices, path) == kOfDevices.end()) return reply(nothing_here());
  if (const auto device = device_of(db, request, options_.clock()); !device)
    return reply(std::unexpected(device.error()));
  return std::nullopt;
}

std::string_view Agents::name_of(const HttpRequest& request) {
  if (request.path.starts_with("/osquery/")) return "osquery";
  constexpr std::string_view kAgents = "/agent/v1/";
  constexpr std::array<std::string_view, 9> kNames{
      "access", "authority", "content", "enrol", "line", "renew", "reports", "software", "wait"};
  if (request.path.starts_with(kAgents))
    for (const std::string_view name : kNames)
      if (std::string_view(request.path).substr(kAgents.size()) == name) return name;
  return "none";
}

HttpReply Agents::answer(const HttpRequest& request, Database& db) {
  if (request.path.starts_with("/osquery/"))
    return answer_osquery(request, db, guideline_, options_);
  const Time now = options_.clock();
  const auto is = [&](std::string_view method, std::string_view path) {
    return request.method == method && request.path == path;
  };
  if (is("GET", "/agent/v1/authority"))
    return {200,
            {{"content-type", "application/x-pem-file"}},
            authorities()->current.certificate().pem,
            {}};
  if (is("POST", "/agent/v1/enrol")) return reply(enrol(request, db, now));
  if (is("POST", "/agent/v1/reports")) return reply(take_reports(request, db, now));
  if (is("POST", "/agent/v1/software")) return reply(take_software(request, db, now));
  if (is("POST", "/agent/v1/line")) return reply(take_line(request, db, now));
  if (is("GET", "/agent/v1/line")) {
    if (const auto device = device_of(db, request, now); !device)
      return reply(std::unexpected(device.error()));
    const auto task = sensor_task(db);
    return reply(task ? Result<std::string>(write_task(*task)) : std::unexpected(task.error()));
  }
  if (is("GET", "/agent/v1/wait")) return wait(request, db, now);
  if (is("POST", "/agent/v1/renew")) return reply(renew(request, db, now));
  if (is("POST", "/agent/v1/access")) return reply(access(request, db, now));
  if (is("GET", "/agent/v1/content")) {
    if (const auto device = device_of(db, request, now); !device)
      return reply(std::unexpected(device.error()));
    const auto served = content(db);
    if (!served) return reply(std::unexpected(served.error()));
    return reply((*served)->wire);
  }
  return reply(nothing_here());
}

}  // namespace sekisho
