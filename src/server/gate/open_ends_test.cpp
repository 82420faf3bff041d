// SPDX-License-Identifier: Apache-2.0
#include "server/gate/open_ends.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "base/file.h"
#include "temp_root.h"

namespace sekisho {
namespace {

using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

ClientEnd client(unsigned short port) { return {*read_ip("192.0.2.1"), port}; }

TEST(OpenEnds, WhatAKilledProgramLetThroughIsKnownToTheNext) {
  const TempRoot root;
  const auto file = root.path() / "gate";
  const pid_t child = ::fork();
  if (child == 0) {
    auto ends = OpenEnds::in_file(file);
    if (!ends) ::_exit(1);
    const auto first = ends->add(client(1));
    (void)ends->add(client(2));
    ends->drop(*first);
    (void)ends->add(client(3));
    ::_exit(0);  // as if killed: nothing is tidied up
  }
  int status = 1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  auto ends = OpenEnds::in_file(file);
  ASSERT_TRUE(ends);
  const auto left = ends->all();
  EXPECT_THAT(left, UnorderedElementsAre(Pair(testing::_, client(2)), Pair(testing::_, client(3))));
  for (const auto& [slot, end] : left) ends->drop(slot);
  EXPECT_THAT(ends->all(), IsEmpty());
  struct stat seen{};
  ASSERT_EQ(::stat(file.c_str(), &seen), 0);
  EXPECT_EQ(seen.st_mode & 0777U, 0600U);
}

TEST(OpenEnds, OneProgramHasTheFile) {
  const TempRoot root;
  const auto first = OpenEnds::in_file(root.path() / "gate");
  ASSERT_TRUE(first);
  EXPECT_FALSE(OpenEnds::in_file(root.path() / "gate"));
}

TEST(OpenEnds, WhatIsNoFileOfItsOwnIsRefusedAndLeftAlone) {
  const TempRoot root;
  const auto file = root.path() / "gate";
  root.add("/gate", "a letter");
  EXPECT_FALSE(OpenEnds::in_file(file));
  EXPECT_EQ(std::filesystem::file_size(file), 8U);
  std::filesystem::create_symlink(file, root.path() / "link");
  EXPECT_FALSE(OpenEnds::in_file(root.path() / "link"));
  EXPECT_FALSE(OpenEnds::in_file(root.path() / "nowhere" / "gate"));
}

TEST(OpenEnds, PlacesRunOutAndComeBack) {
  OpenEnds ends;
  std::optional<OpenEnds::Slot> last;
  for (std::size_t count = 0; count < OpenEnds::kMost; ++count) last = ends.add(client(1));
  ASSERT_TRUE(last);
  EXPECT_FALSE(ends.add(client(2)));
  ends.drop(*last);
  EXPECT_EQ(ends.add(client(2)), last);
}

}  // namespace
}  // namespace sekisho
