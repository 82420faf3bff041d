// SPDX-License-Identifier: Apache-2.0
#include "server/http/meter.h"

#include <fmt/format.h>

namespace sekisho {
namespace {

std::string escaped(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

}  // namespace

void Exposition::family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void Exposition::sample(const Labels& labels, double value, std::string_view suffix) {
  text_ += name_;
  text_ += suffix;
  for (std::size_t i = 0; i < labels.size(); ++i)
    text_ +=
        fmt::format("{}{}=\"{}\"", i == 0 ? "{" : ",", labels[i].first, escaped(labels[i].second));
  text_ += fmt::format("{} {}\n", labels.empty() ? "" : "}", value);
}

void Meter::answered(std::string_view listener, std::string_view operation, unsigned status,
                     Duration took) {
  const double seconds = std::chrono::duration<double>(took).count();
  const std::lock_guard lock(mutex_);
  ++answers_[{std::string(listener), std::string(operation), status}];
  Took& all = took_[std::string(listener)];
  std::size_t at = 0;
  while (at < kBounds.size() && seconds > kBounds[at]) ++at;
  ++all.counts[at];
  all.sum += seconds;
}

void Meter::worked(std::string_view job, bool well, Time at) {
  const std::lock_guard lock(mutex_);
  Worked& one = jobs_[std::string(job)];
  ++(well ? one.well : one.failed);
  one.at = at;
}

void Meter::add_to(Exposition& out) const {
  const std::lock_guard lock(mutex_);
  out.family("sekisho_http_requests_total", "counter",
             "Requests that were answered, by listener, operation and status.");
  for (const auto& [key, count] : answers_) {
    const auto& [listener, operation, status] = key;
    out.sample({{"listener", listener}, {"operation", operation}, {"code", std::to_string(status)}},
               static_cast<double>(count));
  }
  out.family("sekisho_http_request_duration_seconds", "histogram",
             "Time from a request's head to its answer.");
  for (const auto& [listener, all] : took_) {
    double sum = 0;
    for (std::size_t i = 0; i < all.counts.size(); ++i) {
      sum += static_cast<double>(all.counts[i]);
      const std::string bound = i < kBounds.size() ? fmt::format("{}", kBounds[i]) : "+Inf";
      out.sample({{"listener", listener}, {"le", bound}}, sum, "_bucket");
    }
    out.sample({{"listener", listener}}, all.sum, "_sum");
    out.sample({{"listener", listener}}, sum, "_count");
  }
  out.family("sekisho_job_runs_total", "counter", "Runs of what the server does by itself.");
  for (const auto& [job, one] : jobs_) {
    out.sample({{"job", job}, {"result", "success"}}, static_cast<double>(one.well));
    out.sample({{"job", job}, {"result", "failure"}}, static_cast<double>(one.failed));
  }
  out.family("sekisho_job_last_run_timestamp_seconds", "gauge", "When each last ended.");
  for (const auto& [job, one] : jobs_)
    out.sample({{"job", job}}, static_cast<double>(one.at.time_since_epoch().count()));
}

}  // namespace sekisho
