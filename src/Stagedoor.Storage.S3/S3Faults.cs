using System.Net;
using System.Net.Sockets;
using Amazon.Runtime;

namespace Stagedoor.Storage.S3;

/// <summary>Says in storage's words what the server or the connection reports.</summary>
internal static class S3Faults
{
    // What AWS, MinIO and Ceph answer when there is no room.
    private static readonly string[] s_full =
        ["QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "InsufficientCapacity", "InsufficientStorage"];

    private static readonly string[] s_unavailable =
        ["NoSuchBucket", "InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied", "RequestTimeTooSkewed", "SlowDown", "ServiceUnavailable"];

    /// <summary>Whether it is the server's or the connection's, and not the caller's cancellation.</summary>
    internal static bool Are(Exception e) =>
        e is AmazonServiceException or AmazonClientException or HttpRequestException or IOException or SocketException or TimeoutException
            or OperationCanceledException

            // How the framework's client meets a status line that is none, and the SDK an ETag that is none.
            or ArgumentOutOfRangeException { Source: "System.Net.Http" or "AWSSDK.Core" };

    /// <summary>The object is not there; the bucket is.</summary>
    internal static bool IsNoSuchKey(Exception e) => e is AmazonServiceException { ErrorCode: "NoSuchKey" };

    /// <summary>The server has no such operation.</summary>
    internal static bool IsNotImplemented(Exception e) =>
        e is AmazonServiceException { ErrorCode: "NotImplemented" or "MethodNotAllowed" } or AmazonServiceException { StatusCode: HttpStatusCode.NotImplemented };

    internal static StorageException Translate(Exception e, string location, StorageFault otherwise = StorageFault.Failed) => e switch
    {
        AmazonServiceException error when error.StatusCode != default =>
            new(StorageSource.Blobs, Kind(error, otherwise), $"{location}: {error.ErrorCode} ({(int)error.StatusCode}): {error.Message}", e),
        OperationCanceledException => new(StorageSource.Blobs, StorageFault.Unavailable, $"{location} did not answer in time.", e),
        _ => new(StorageSource.Blobs, StorageFault.Unavailable, $"{location} cannot be reached: {e.Message}", e),
    };

    private static StorageFault Kind(AmazonServiceException error, StorageFault otherwise) => error switch
    {
        { StatusCode: HttpStatusCode.InsufficientStorage } => StorageFault.Full,
        _ when s_full.Contains(error.ErrorCode) => StorageFault.Full,
        _ when s_unavailable.Contains(error.ErrorCode) => StorageFault.Unavailable,
        { ErrorCode: "BadDigest" or "XAmzContentSHA256Mismatch" or "NoSuchKey" } => StorageFault.Corrupt,

        // A HEAD has no body: 404 is then the bucket, because the store answers a missing object itself.
        { StatusCode: HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.ServiceUnavailable or HttpStatusCode.NotFound } =>
            StorageFault.Unavailable,
        _ => otherwise,
    };
}
