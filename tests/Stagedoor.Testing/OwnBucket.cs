using Xunit;

namespace Stagedoor.Testing;

/// <summary>A corner of one test's own in the object store that <c>STAGEDOOR_S3</c> names.</summary>
public static class OwnBucket
{
    /// <summary>Why a test is skipped that needs a server.</summary>
    public const string Missing = "Set STAGEDOOR_S3 to an S3-compatible store (./test starts one).";

    public static bool IsAvailable => Server is not null;

    private static string? Server => Environment.GetEnvironmentVariable("STAGEDOOR_S3") is { Length: > 0 } server ? server : null;

    /// <summary>The settings of a replica that keeps its blobs there, under a prefix that nobody else has.</summary>
    public static IReadOnlyList<(string Key, string Value)> NewSettings()
    {
        Assert.SkipUnless(IsAvailable, Missing);
        var parts = Server!.Split(';');
        var named = parts.Skip(1).Select(static p => p.Split('=', 2)).ToDictionary(static p => p[0], static p => p[1], StringComparer.OrdinalIgnoreCase);
        return
        [
            ("Storage:Blobs", "s3"),
            ("Storage:S3:Endpoint", parts[0]),
            ("Storage:S3:Bucket", named["bucket"]),
            ("Storage:S3:Prefix", "own-" + Guid.NewGuid().ToString("n")),
            ("Storage:S3:AccessKey", named["accessKey"]),
            ("Storage:S3:SecretKey", named["secretKey"]),
        ];
    }
}
