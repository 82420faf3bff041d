// SPDX-License-Identifier: Apache-2.0
// What an agent and the server say to each other, as JSON: read in one place on both sides.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/base.h"
#include "evidence/evidence.h"
#include "evidence/readers.h"

namespace sekisho {

/// The operating system, as /etc/os-release has it: "debian", "12", "Debian GNU/Linux 12".
struct AgentSystem {
  std::string id;
  std::string version;
  std::string name;
  bool operator==(const AgentSystem&) const = default;
};

struct AgentRecord {
  std::string check;
  Verdict verdict = Verdict::unknown;
  Text detail;
  Basis basis = {};  // NOLINT(*-redundant-member-init): else all must name it
  bool operator==(const AgentRecord&) const = default;
};

/// What an agent saw at one moment. Its JSON text is what is signed.
struct AgentReport {
  std::string device;
  std::int64_t sequence = 0;  // rises by one with each report of this device
  Time observed_at;
  std::string host;     // the name that the machine goes by
  std::string machine;  // hexadecimal SHA-256 of what tells the installation from others
  AgentSystem system;
  std::vector<AgentRecord> records;
  std::int64_t readers = kReaders;  // with which it was seen; 0: from before they were counted
};

struct SignedReport {
  std::string body;       // an AgentReport or a SoftwareList, as JSON
  std::string signature;  // ECDSA over `body`, base64url
};

/// One sending: the reports that the server doesn't have yet, oldest first. `turn` is what the last
/// receipt gave; a copy of this device would have an older one.
struct Delivery {
  Time sent_at;
  std::string turn;
  std::vector<SignedReport> reports;
  bool tpm = false;  // the device's key is in a TPM, as it says itself
};

struct Receipt {
  std::string turn;
  std::int64_t up_to = 0;  // the sequence that the server has everything up to
  struct Refused {
    std::int64_t sequence = 0;
    Text reason;
  };
  std::vector<Refused> refused;  // kept by nobody: sending them again would not help
  std::string content;           // what Content::version says; empty: none
  std::string software;          // content_version of the SBOM that the server has; empty: none
};

/// The software that is installed, as one list that takes the place of the one before.
struct SoftwareList {
  std::string device;
  Time observed_at;
  std::string sbom;  // CycloneDX 1.5, JSON
};
struct InstalledSoftware {
  std::string name;
  std::string version;
  std::string purl;  // may be empty
};
/// As CycloneDX, sorted, so that the same software is the same text; empty where there is none. At
/// most kMostSoftware entries; what is no name is left out.
std::string write_sbom(std::vector<InstalledSoftware> software);
inline constexpr std::size_t kMostSoftware = 10'000;

/// What agents check by, from the server: feeds and the organisation's own texts. `signature` is
/// Ed25519 over `body`.
struct Content {
  std::string body;
  std::string signature;
};
struct ContentFile {
  std::string name;
  std::string text;
};
/// hexadecimal SHA-256 of a content's body
std::string content_version(std::string_view body);

/// What is not open on a device to the person who uses it, and why: for them, with what to do.
struct ClosedHere {
  Text name;
  Text why;
  bool operator==(const ClosedHere&) const = default;
};
/// How it stands with a device, as its server tells it. It is all of it each time: one that is lost
/// or comes twice changes nothing.
struct Told {
  std::string word;        // stands for all below; another, and something changed
  std::int64_t looks = 0;  // how often it was asked to look at once; another, and it looks
  std::vector<ClosedHere> closed;
  std::int64_t more_closed = 0;  // beside these
  bool operator==(const Told&) const = default;
};
inline constexpr std::size_t kMostClosed = 20;
/// For how long a server holds the question for it, and with which status it says so.
inline constexpr std::chrono::seconds kHeldFor{240};
inline constexpr long kHeldStatus = 202;

struct Enrolment {
  std::string code;
  std::string request;  // PKCS #10, PEM
  std::string host;
  std::string machine;
  AgentSystem system;
};
struct Enrolled {
  std::string device;
  std::string certificate;  // PEM
  std::string turn;
  std::string content_key;  // Ed25519 public key that contents are signed with, base64url
};

/// Bounds: of a delivery after decompression, of reports in one, and of records in a report.
inline constexpr std::size_t kMostDeliveryBytes = std::size_t{4} << 20U;
inline constexpr std::size_t kMostReports = 64;
inline constexpr std::size_t kMostRecords = 500;
inline constexpr std::size_t kMostContentBytes = std::size_t{32} << 20U;
/// What an agent's clock may be off by.
inline constexpr std::chrono::minutes kMostSkew{5};
/// How old a report may be that waited in a queue.
inline constexpr std::chrono::days kOldestReport{90};

/// What a server's content says in kProtocolFile: which version it reads. Without it, less than 3.
inline constexpr const char* kProtocolFile = "protocol.json";
inline constexpr std::int64_t kProtocol = 3;
/// From this version on a report's records may say what they rest on.
inline constexpr std::int64_t kBasisSince = 3;
std::string write_protocol();
std::int64_t read_protocol(std::string_view text);

std::string write_report(const AgentReport& report);
Result<AgentReport> read_report(std::string_view text);
std::string write_delivery(const Delivery& delivery);
Result<Delivery> read_delivery(std::string_view text);
std::string write_receipt(const Receipt& receipt);
Result<Receipt> read_receipt(std::string_view text);
/// With the word that belongs to it.
std::string write_told(Told told);
/// Members that it doesn't know are left aside.
Result<Told> read_told(std::string_view text);
std::string write_software_list(const SoftwareList& list);
Result<SoftwareList> read_software_list(std::string_view text);
std::string write_signed(const SignedReport& report);
Result<SignedReport> read_signed(std::string_view text);
std::string write_enrolment(const Enrolment& enrolment);
Result<Enrolment> read_enrolment(std::string_view text);
std::string write_enrolled(const Enrolled& enrolled);
Result<Enrolled> read_enrolled(std::string_view text);
/// The request (PKCS #10, PEM) for the next certificate of the same key.
std::string write_renewal(const std::string& request);
Result<std::string> read_renewal(std::string_view text);
/// A content's body: its files by name.
std::string write_content_files(const std::vector<ContentFile>& files);
Result<std::vector<ContentFile>> read_content_files(std::string_view body);
std::string write_content(const Content& content);
Result<Content> read_content(std::string_view text);

/// https://HOST:PORT/#CODE.FINGERPRINT as the console gives it: where to enrol, with what, and the
/// hexadecimal SHA-256 of the authority's certificate, so that no other server is believed.
struct EnrolmentLink {
  std::string server;  // https://host:port
  std::string code;
  std::string authority;
};
std::string write_link(const EnrolmentLink& link);
Result<EnrolmentLink> read_link(std::string_view text);

/// What a server answered, of whatever status.
struct ServerReply {
  long status = 0;
  std::string body;

  /// Why it refused, in its own words.
  Error refusal(const std::string& server) const;
};

}  // namespace sekisho
