using System.Text;
using System.Text.Json;
using Stagedoor.Backup;
using Xunit;

namespace Stagedoor.Tests.Backup;

/// <summary>What says how a backup has to be is itself either as it was written, or refused.</summary>
public sealed class ManifestTests
{
    private const string Location = "/backups/nightly";

    private static readonly BackupAbout s_about = new(
        BackupAbout.ProductName,
        BackupAbout.NewestFormat,
        "0.1.0",
        "74aa594",
        "569ad59300112233445566778899aabb",
        DateTimeOffset.UnixEpoch,
        "sqlite",
        [new("gateway", null, 14, null), new("images", null, 41, 3)],
        "0f1e2d");

    private static readonly BackupManifest s_manifest = new(
        s_about,
        DateTimeOffset.UnixEpoch.AddSeconds(5),
        [new("gateway.db", "files/1/gateway.db", 4096, new string('a', 64))],
        HasBlobs: true,
        [new("images", $"sha256:{new string('b', 64)}", 17)],
        []);

    [Fact]
    public void What_was_written_is_read()
    {
        var bytes = s_manifest.Write();
        var about = SealedJson.Seal(JsonSerializer.SerializeToUtf8Bytes(s_about, BackupJson.Default.BackupAbout));

        Assert.Equal(s_manifest.Blobs, BackupManifest.Read(bytes, Location).Blobs);
        Assert.Equal(s_about.Installation, BackupManifest.ReadAbout(about, Location).Installation);
        using var json = JsonDocument.Parse(bytes);
        Assert.Equal(64, json.RootElement.GetProperty("sha256").GetString()!.Length);
    }

    [Fact]
    public void A_changed_bit_is_refused_wherever_it_is()
    {
        var manifest = s_manifest.Write();
        var about = SealedJson.Seal(JsonSerializer.SerializeToUtf8Bytes(s_about, BackupJson.Default.BackupAbout));

        foreach (var (bytes, read) in new (byte[], Action<byte[]>)[] { (manifest, static b => BackupManifest.Read(b, Location)), (about, static b => BackupManifest.ReadAbout(b, Location)) })
        {
            for (var bit = 0; bit < bytes.Length * 8; bit++)
            {
                var changed = bytes.ToArray();
                changed[bit / 8] ^= (byte)(1 << (bit % 8));
                var refused = Assert.Throws<StartupException>(() => read(changed));
                Assert.Contains(Location, refused.Message, StringComparison.Ordinal);
            }

            for (var length = 0; length < bytes.Length; length++)
            {
                Assert.Throws<StartupException>(() => read(bytes[..length]));
            }
        }
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"about\":null}")]
    [InlineData("{\"about\":{\"product\":\"stagedoor-backup\",\"format\":1}}")]
    public void What_lacks_something_is_refused(string json)
    {
        Assert.Throws<StartupException>(() => BackupManifest.Read(Encoding.UTF8.GetBytes(json), Location));
        Assert.Throws<StartupException>(() => BackupManifest.ReadAbout(Encoding.UTF8.GetBytes(json), Location));
    }
}
