// SPDX-License-Identifier: Apache-2.0
// sekisho-pkcs11.so: the device's key for browsers and other programs that know PKCS #11 (version
// 2.40): one slot, one token, its certificate and its key. The key isn't here: each signature is
// asked of the agent, which knows from the kernel who asks. It lives in other people's programs:
// no exceptions, nothing allocated, no thread, no library but libc, and every call ends in time.
#include <p11-kit/pkcs11.h>
#include <pthread.h>
#include <sys/random.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "key/module/objects.h"

namespace sekisho::pkcs11 {
namespace {

constexpr CK_SLOT_ID kSlot = 1;
constexpr std::size_t kSessions = 1024;
/// For so long what the agent said last is believed (seconds), that it isn't there as well.
constexpr std::time_t kFresh = 2;
/// Of a mechanism, in bits.
constexpr CK_ULONG kKeyBits = 256;

struct Session {
  bool open = false;
  CK_FLAGS flags = 0;
  bool finding = false;
  std::array<bool, kObjects> found{};  // by handle, from 1; what was handed out is taken away
  bool signing = false;
};

/// All that the module knows, behind one lock.
struct State {
  bool initialised = false;
  std::array<Session, kSessions> sessions{};
  bool present = false;
  std::time_t looked_at = -kFresh - 1;
  KeyIdentity identity;
};

State state;
pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

class Lock {
 public:
  Lock() { ::pthread_mutex_lock(&mutex); }
  ~Lock() { ::pthread_mutex_unlock(&mutex); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  Lock(Lock&&) = delete;
  Lock& operator=(Lock&&) = delete;
};

void forget() {
  state.initialised = false;
  state.sessions = {};
  state.present = false;
  state.looked_at = -kFresh - 1;
}

/// A child has to initialise anew (PKCS #11 2.40, 6.6.1). The lock may be held by a thread that it
/// doesn't have.
void after_fork() {
  mutex = PTHREAD_MUTEX_INITIALIZER;
  forget();
}

/// Whether the agent is there and this person may use the key.
bool present() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  if (now.tv_sec - state.looked_at <= kFresh) return state.present;
  state.present = ask_identity(state.identity);
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  state.looked_at = now.tv_sec;
  return state.present;
}

/// Text of a fixed size, filled with spaces.
template <std::size_t Size>
void fill(unsigned char (&field)[Size], const char* text, std::size_t size) {  // NOLINT: PKCS #11's
  std::memset(field, ' ', Size);
  std::memcpy(field, text, size < Size ? size : Size);
}
template <std::size_t Size>
void fill(unsigned char (&field)[Size], const char* text) {  // NOLINT: PKCS #11's
  fill(field, text, std::strlen(text));
}

Session* session_of(CK_SESSION_HANDLE handle) {
  if (handle == 0 || handle > kSessions) return nullptr;
  Session& one = state.sessions[handle - 1];
  return one.open ? &one : nullptr;
}

/// What is answered before anything is done with a session.
struct Checked {
  CK_RV wrong;
  Session* session;
};
Checked checked(CK_SESSION_HANDLE handle) {
  if (!state.initialised) return {CKR_CRYPTOKI_NOT_INITIALIZED, nullptr};
  Session* session = session_of(handle);
  return {session == nullptr ? CKR_SESSION_HANDLE_INVALID : CKR_OK, session};
}

CK_RV checked_slot(CK_SLOT_ID slot) {
  if (!state.initialised) return CKR_CRYPTOKI_NOT_INITIALIZED;
  return slot == kSlot ? CKR_OK : CKR_SLOT_ID_INVALID;
}

/// One item of a list that is asked for twice: first for its length.
template <typename Item>
CK_RV give_list(Item item, bool any, Item* list, CK_ULONG* count) {
  const CK_ULONG there = any ? 1 : 0;
  const CK_ULONG room = *count;
  *count = there;
  if (list == nullptr) return CKR_OK;
  if (room < there) return CKR_BUFFER_TOO_SMALL;
  if (any) *list = item;
  return CKR_OK;
}

CK_RV initialise(void* given) {
  const Lock lock;
  if (given != nullptr) {
    const auto* how = static_cast<const CK_C_INITIALIZE_ARGS*>(given);
    const int functions =
        (how->CreateMutex != nullptr ? 1 : 0) + (how->DestroyMutex != nullptr ? 1 : 0) +
        (how->LockMutex != nullptr ? 1 : 0) + (how->UnlockMutex != nullptr ? 1 : 0);
    if (how->pReserved != nullptr || (functions != 0 && functions != 4)) return CKR_ARGUMENTS_BAD;
  }
  if (state.initialised) return CKR_CRYPTOKI_ALREADY_INITIALIZED;
  static bool told = false;  // of forks; once for as long as the module is loaded
  if (!told && ::pthread_atfork(nullptr, nullptr, after_fork) != 0) return CKR_HOST_MEMORY;
  told = true;
  forget();
  state.initialised = true;
  return CKR_OK;
}

CK_RV finalise(void* reserved) {
  const Lock lock;
  if (reserved != nullptr) return CKR_ARGUMENTS_BAD;
  if (!state.initialised) return CKR_CRYPTOKI_NOT_INITIALIZED;
  forget();
  return CKR_OK;
}

CK_RV info(CK_INFO* out) {
  const Lock lock;
  if (!state.initialised) return CKR_CRYPTOKI_NOT_INITIALIZED;
  if (out == nullptr) return CKR_ARGUMENTS_BAD;
  *out = {};
  out->cryptokiVersion = {2, 40};
  fill(out->manufacturerID, "Sekisho");
  fill(out->libraryDescription, "The device's key");
  return CKR_OK;
}

CK_RV slots(CK_BBOOL with_token, CK_SLOT_ID* list, CK_ULONG* count) {
  const Lock lock;
  if (!state.initialised) return CKR_CRYPTOKI_NOT_INITIALIZED;
  if (count == nullptr) return CKR_ARGUMENTS_BAD;
  return give_list(kSlot, with_token == CK_FALSE || present(), list, count);
}

CK_RV slot_info(CK_SLOT_ID slot, CK_SLOT_INFO* out) {
  const Lock lock;
  if (const CK_RV wrong = checked_slot(slot); wrong != CKR_OK) return wrong;
  if (out == nullptr) return CKR_ARGUMENTS_BAD;
  *out = {};
  fill(out->slotDescription, "Sekisho agent");
  fill(out->manufacturerID, "Sekisho");
  // Removable: the agent may come and go, and the certificate with it.
  out->flags = CKF_REMOVABLE_DEVICE | (present() ? CKF_TOKEN_PRESENT : 0UL);
  return CKR_OK;
}

CK_RV token_info(CK_SLOT_ID slot, CK_TOKEN_INFO* out) {
  const Lock lock;
  if (const CK_RV wrong = checked_slot(slot); wrong != CKR_OK) return wrong;
  if (out == nullptr) return CKR_ARGUMENTS_BAD;
  if (!present()) return CKR_TOKEN_NOT_PRESENT;
  *out = {};
  const ModuleBytes device = state.identity.parts[KeyIdentity::device];
  fill(out->label, "Sekisho");
  fill(out->manufacturerID, "Sekisho");
  fill(out->model, "device key");
  fill(out->serialNumber, reinterpret_cast<const char*>(device.data), device.size);
  fill(out->utcTime, "");
  out->flags = CKF_TOKEN_INITIALIZED | CKF_WRITE_PROTECTED;
  out->ulMaxSessionCount = kSessions;
  out->ulSessionCount = kUnavailable;
  out->ulRwSessionCount = 0;
  out->ulTotalPublicMemory = out->ulFreePublicMemory = kUnavailable;
  out->ulTotalPrivateMemory = out->ulFreePrivateMemory = kUnavailable;
  return CKR_OK;
}

CK_RV mechanisms(CK_SLOT_ID slot, CK_MECHANISM_TYPE* list, CK_ULONG* count) {
  const Lock lock;
  if (const CK_RV wrong = checked_slot(slot); wrong != CKR_OK) return wrong;
  if (count == nullptr) return CKR_ARGUMENTS_BAD;
  return give_list<CK_MECHANISM_TYPE>(CKM_ECDSA, true, list, count);
}

CK_RV mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO* out) {
  const Lock lock;
  if (const CK_RV wrong = checked_slot(slot); wrong != CKR_OK) return wrong;
  if (out == nullptr) return CKR_ARGUMENTS_BAD;
  if (type != CKM_ECDSA) return CKR_MECHANISM_INVALID;
  *out = {kKeyBits, kKeyBits,
          CKF_HW | CKF_SIGN | CKF_EC_F_P | CKF_EC_NAMEDCURVE | CKF_EC_UNCOMPRESS};
  return CKR_OK;
}

CK_RV open_session(CK_SLOT_ID slot, CK_FLAGS flags, void* /*application*/, CK_NOTIFY /*notify*/,
                   CK_SESSION_HANDLE* handle) {
  const Lock lock;
  if (const CK_RV wrong = checked_slot(slot); wrong != CKR_OK) return wrong;
  if (handle == nullptr) return CKR_ARGUMENTS_BAD;
  if ((flags & CKF_SERIAL_SESSION) == 0) return CKR_SESSION_PARALLEL_NOT_SUPPORTED;
  if (!present()) return CKR_TOKEN_NOT_PRESENT;
  for (std::size_t i = 0; i < kSessions; ++i) {
    if (state.sessions[i].open) continue;
    state.sessions[i] = {};
    state.sessions[i].open = true;
    state.sessions[i].flags = flags;
    *handle = i + 1;
    return CKR_OK;
  }
  return CKR_SESSION_COUNT;
}

CK_RV close_session(CK_SESSION_HANDLE handle) {
  const Lock lock;
  const auto [wrong, session] = checked(handle);
  if (wrong == CKR_OK) *session = {};
  return wrong;
}

CK_RV close_all_sessions(CK_SLOT_ID slot) {
  const Lock lock;
  if (const CK_RV wrong = checked_slot(slot); wrong != CKR_OK) return wrong;
  state.sessions = {};
  return CKR_OK;
}

CK_RV session_info(CK_SESSION_HANDLE handle, CK_SESSION_INFO* out) {
  const Lock lock;
  const auto [wrong, session] = checked(handle);
  if (wrong != CKR_OK) return wrong;
  if (out == nullptr) return CKR_ARGUMENTS_BAD;
  // So a program learns that the token is gone.
  if (!present()) {
    *session = {};
    return CKR_SESSION_HANDLE_INVALID;
  }
  // Some programs want to write before they know what. There is nothing that they could.
  const bool writing = (session->flags & CKF_RW_SESSION) != 0;
  *out = {kSlot, writing ? CKS_RW_PUBLIC_SESSION : CKS_RO_PUBLIC_SESSION, session->flags, 0};
  return CKR_OK;
}

/// There is no PIN.
CK_RV log_in(CK_SESSION_HANDLE handle, CK_USER_TYPE /*who*/, unsigned char* /*pin*/,
             CK_ULONG /*size*/) {
  const Lock lock;
  const auto [wrong, session] = checked(handle);
  return wrong != CKR_OK ? wrong : CKR_USER_PIN_NOT_INITIALIZED;
}

CK_RV log_out(CK_SESSION_HANDLE handle) {
  const Lock lock;
  const auto [wrong, session] = checked(handle);
  return wrong != CKR_OK ? wrong : CKR_USER_NOT_LOGGED_IN;
}

CK_RV attributes(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE object, CK_ATTRIBUTE* wanted,
                 CK_ULONG count) {
  const Lock lock;
  const auto [wrong, session] = checked(handle);
  if (wrong != CKR_OK) return wrong;
  if (wanted == nullptr && count > 0) return CKR_ARGUMENTS_BAD;
  if (!present()) return CKR_DEVICE_REMOVED;
  if (object == 0 || object > kObjects) return CKR_OBJECT_HANDLE_INVALID;
  return read(state.identity, object, wanted, count);
}

CK_RV find_begin(CK_SESSION_HANDLE handle, CK_ATTRIBUTE* wanted, CK_ULONG count) {
  const Lock lock;
  const auto [wrong, session] = checked(handle);
  if (wrong != CKR_OK) return wrong;
  if (wanted == nullptr && count > 0) return CKR_ARGUMENTS_BAD;
  if (session->finding) return CKR_OPERATION_ACTIVE;
  if (!present()) return CKR_DEVICE_REMOVED;
  for (CK_OBJECT_HANDLE object = 1; object <= kObjects; ++object)
    session->found[object - 1] = matches(state.identity, object, wanted, count);
  session->finding = true;
  return CKR_OK;
}

CK_RV find(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE* list, CK_ULONG most, CK_ULONG* count) {
  const Lock lock;
  const auto [wrong, session] = checked(handle);
  if (wrong != CKR_OK) return wrong;
  if (count == nullptr || (list == nullptr && most > 0)) return CKR_ARGUMENTS_BAD;
  if (!session->finding) return CKR_OPERATION_NOT_INITIALIZED;
  *count = 0;
  for (CK_OBJECT_HANDLE object = 1; object <= kObjects && *count < most; ++object) {
    if (!session->found[object - 1]) continue;
    session->found[object - 1] = false;
    list[(*count)++] = object;
  }
  return CKR_OK;
}

CK_RV find_end(CK_SESSION_HANDLE handle) {
  const Lock lock;
  const auto [wrong, session] = checked(handle);
  if (wrong != CKR_OK) return wrong;
  if (!session->finding) return CKR_OPERATION_NOT_INITIALIZED;
  session->finding = false;
  return CKR_OK;
}

CK_RV sign_begin(CK_SESSION_HANDLE handle, CK_MECHANISM* mechanism, CK_OBJECT_HANDLE key) {
  const Lock lock;
  const auto [wrong, session] = checked(handle);
  if (wrong != CKR_OK) return wrong;
  if (mechanism == nullptr) return CKR_ARGUMENTS_BAD;
  if (session->signing) return CKR_OPERATION_ACTIVE;
  if (mechanism->mechanism != CKM_ECDSA) return CKR_MECHANISM_INVALID;
  if (mechanism->ulParameterLen != 0) return CKR_MECHANISM_PARAM_INVALID;
  if (key == 0 || key > kObjects) return CKR_KEY_HANDLE_INVALID;
  if (key != kPrivateKey) return CKR_KEY_TYPE_INCONSISTENT;
  session->signing = true;
  return CKR_OK;
}

/// What is left to do once the session was looked at: asking the agent, which may take its time, is
/// not done behind the lock.
struct Ready {
  CK_RV answer = CKR_OK;
  bool ask = false;
};
Ready ready_to_sign(CK_SESSION_HANDLE handle, const unsigned char* data, CK_ULONG size,
                    const unsigned char* out, CK_ULONG* room) {
  const Lock lock;
  const auto [wrong, session] = checked(handle);
  if (wrong != CKR_OK) return {wrong};
  if (!session->signing) return {CKR_OPERATION_NOT_INITIALIZED};
  if (room == nullptr) {
    session->signing = false;
    return {CKR_ARGUMENTS_BAD};
  }
  if (out == nullptr || *room < key_wire::kSignatureBytes) {
    *room = key_wire::kSignatureBytes;
    return {out == nullptr ? CKR_OK : CKR_BUFFER_TOO_SMALL};
  }
  session->signing = false;
  if (data == nullptr) return {CKR_ARGUMENTS_BAD};
  // Of a longer digest ECDSA takes as much as the key has (FIPS 186-5, 6.4.1). Shorter ones (SHA-1)
  // are not signed.
  if (size < key_wire::kDigestBytes || size > 2 * key_wire::kDigestBytes)
    return {CKR_DATA_LEN_RANGE};
  return {CKR_OK, true};
}

CK_RV sign(CK_SESSION_HANDLE handle, unsigned char* data, CK_ULONG size, unsigned char* out,
           CK_ULONG* room) {
  const Ready ready = ready_to_sign(handle, data, size, out, room);
  if (!ready.ask) return ready.answer;
  std::array<std::uint8_t, key_wire::kDigestBytes> digest{};
  std::array<std::uint8_t, key_wire::kSignatureBytes> signature{};
  std::memcpy(digest.data(), data, digest.size());
  switch (ask_signature(digest, signature)) {
    case Signature::unreachable: return CKR_DEVICE_REMOVED;
    case Signature::refused: return CKR_FUNCTION_REJECTED;
    case Signature::yes: break;
  }
  std::memcpy(out, signature.data(), signature.size());
  *room = signature.size();
  return CKR_OK;
}

/// The system's: programs that try a module want some.
CK_RV random(CK_SESSION_HANDLE handle, unsigned char* out, CK_ULONG size) {
  const Lock lock;
  const auto [wrong, session] = checked(handle);
  if (wrong != CKR_OK) return wrong;
  if (out == nullptr && size > 0) return CKR_ARGUMENTS_BAD;
  for (CK_ULONG at = 0; at < size;) {
    const ssize_t got = ::getrandom(out + at, size - at, 0);
    if (got < 0 && errno != EINTR) return CKR_DEVICE_ERROR;
    at += got < 0 ? 0 : static_cast<CK_ULONG>(got);
  }
  return CKR_OK;
}

template <typename... Given>
using Function = CK_RV (*)(Given...);

/// Stands for every function that a token without more than a key doesn't have.
struct NotSupported {
  template <typename... Given>
  // NOLINTNEXTLINE(google-explicit-constructor): takes the type of the place that it fills
  constexpr operator Function<Given...>() const {
    return [](Given...) -> CK_RV { return CKR_FUNCTION_NOT_SUPPORTED; };
  }
};
constexpr NotSupported kNotSupported;

CK_RV function_list(CK_FUNCTION_LIST** list);

constinit CK_FUNCTION_LIST functions = {
    .version = {2, 40},
    .C_Initialize = initialise,
    .C_Finalize = finalise,
    .C_GetInfo = info,
    .C_GetFunctionList = function_list,
    .C_GetSlotList = slots,
    .C_GetSlotInfo = slot_info,
    .C_GetTokenInfo = token_info,
    .C_GetMechanismList = mechanisms,
    .C_GetMechanismInfo = mechanism_info,
    .C_InitToken = kNotSupported,
    .C_InitPIN = kNotSupported,
    .C_SetPIN = kNotSupported,
    .C_OpenSession = open_session,
    .C_CloseSession = close_session,
    .C_CloseAllSessions = close_all_sessions,
    .C_GetSessionInfo = session_info,
    .C_GetOperationState = kNotSupported,
    .C_SetOperationState = kNotSupported,
    .C_Login = log_in,
    .C_Logout = log_out,
    .C_CreateObject = kNotSupported,
    .C_CopyObject = kNotSupported,
    .C_DestroyObject = kNotSupported,
    .C_GetObjectSize = kNotSupported,
    .C_GetAttributeValue = attributes,
    .C_SetAttributeValue = kNotSupported,
    .C_FindObjectsInit = find_begin,
    .C_FindObjects = find,
    .C_FindObjectsFinal = find_end,
    .C_EncryptInit = kNotSupported,
    .C_Encrypt = kNotSupported,
    .C_EncryptUpdate = kNotSupported,
    .C_EncryptFinal = kNotSupported,
    .C_DecryptInit = kNotSupported,
    .C_Decrypt = kNotSupported,
    .C_DecryptUpdate = kNotSupported,
    .C_DecryptFinal = kNotSupported,
    .C_DigestInit = kNotSupported,
    .C_Digest = kNotSupported,
    .C_DigestUpdate = kNotSupported,
    .C_DigestKey = kNotSupported,
    .C_DigestFinal = kNotSupported,
    .C_SignInit = sign_begin,
    .C_Sign = sign,
    .C_SignUpdate = kNotSupported,
    .C_SignFinal = kNotSupported,
    .C_SignRecoverInit = kNotSupported,
    .C_SignRecover = kNotSupported,
    .C_VerifyInit = kNotSupported,
    .C_Verify = kNotSupported,
    .C_VerifyUpdate = kNotSupported,
    .C_VerifyFinal = kNotSupported,
    .C_VerifyRecoverInit = kNotSupported,
    .C_VerifyRecover = kNotSupported,
    .C_DigestEncryptUpdate = kNotSupported,
    .C_DecryptDigestUpdate = kNotSupported,
    .C_SignEncryptUpdate = kNotSupported,
    .C_DecryptVerifyUpdate = kNotSupported,
    .C_GenerateKey = kNotSupported,
    .C_GenerateKeyPair = kNotSupported,
    .C_WrapKey = kNotSupported,
    .C_UnwrapKey = kNotSupported,
    .C_DeriveKey = kNotSupported,
    .C_SeedRandom = kNotSupported,
    .C_GenerateRandom = random,
    .C_GetFunctionStatus = kNotSupported,
    .C_CancelFunction = kNotSupported,
    .C_WaitForSlotEvent = kNotSupported,
};

CK_RV function_list(CK_FUNCTION_LIST** list) {
  if (list == nullptr) return CKR_ARGUMENTS_BAD;
  *list = &functions;
  return CKR_OK;
}

}  // namespace
}  // namespace sekisho::pkcs11

/// All that is seen from outside.
extern "C" __attribute__((visibility("default"))) CK_RV C_GetFunctionList(CK_FUNCTION_LIST** list) {
  return sekisho::pkcs11::function_list(list);
}
