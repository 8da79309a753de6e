using System.Security.Cryptography;
using System.Text;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Images.Packages;

/// <summary>Signatures of versions: of the SHA-256 of their files, in hex, in ASCII order, each with a line feed.</summary>
internal sealed class PackageSignatures(ImagesDb db, PackageKeys keys, TimeProvider clock)
{
    /// <summary>Signs the files of a version as they are; null when it is gone.</summary>
    /// <exception cref="ApiException">The hashes could not be read, or the signature not be made or kept.</exception>
    public async Task<PackageSignatureRow?> CreateAsync(PackageKeyRow key, long versionId, CancellationToken cancellationToken)
    {
        var insert = $"""
            INSERT INTO package_signatures (version_id, algorithm, signature, created_at)
            SELECT id, @Algorithm, @Signature, @CreatedAt FROM package_versions WHERE id = @versionId AND revision = @revision{db.ForUpdate}
            ON CONFLICT (version_id) DO UPDATE SET algorithm = @Algorithm, signature = @Signature, created_at = @CreatedAt
            """;

        // Files that change meanwhile are read again: a signature is of what is there, or there is none.
        while (true)
        {
            var files = await db.QueryAsync<FileHash>(
                """
                SELECT v.revision, f.digest FROM package_versions v LEFT JOIN package_files f ON f.version_id = v.id WHERE v.id = @versionId
                """,
                new { versionId },
                cancellationToken).FaultAs(ImagesCodes.ListFileHashesFailed);
            if (files.Count == 0)
            {
                return null;
            }

            var row = new PackageSignatureRow
            {
                Algorithm = PackageKeys.Algorithm,
                Signature = keys.Sign(key, HashOf(files)),
                CreatedAt = clock.GetUtcNow().ToUnixTimeMilliseconds(),
            };
            if (await db.ExecuteAsync(
                insert, new { row.Algorithm, row.Signature, row.CreatedAt, versionId, revision = files[0].Revision }, cancellationToken)
                .ChangeFaultAs(ImagesCodes.CreateSignatureFailed) == 1)
            {
                return row;
            }
        }
    }

    public Task<PackageSignatureRow?> FindAsync(long versionId, CancellationToken cancellationToken) => db.FindAsync<PackageSignatureRow>(
        "SELECT algorithm, signature, created_at FROM package_signatures WHERE version_id = @versionId", new { versionId }, cancellationToken);

    /// <summary>Takes the signature away; false when there is none.</summary>
    public async Task<bool> DeleteAsync(long versionId, CancellationToken cancellationToken) =>
        await db.ExecuteAsync("DELETE FROM package_signatures WHERE version_id = @versionId", new { versionId }, cancellationToken) == 1;

    private static byte[] HashOf(IEnumerable<FileHash> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var hex in files.Where(static f => f.Digest is not null).Select(static f => Digest.Parse(f.Digest!).Hex).Order(StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.ASCII.GetBytes(hex + "\n"));
        }

        return hash.GetHashAndReset();
    }

    private sealed record FileHash
    {
        public long Revision { get; init; }

        public string? Digest { get; init; }
    }
}

/// <summary>A signature of a version.</summary>
internal sealed record PackageSignatureRow
{
    public string Algorithm { get; init; } = "";

    public string Signature { get; init; } = "";

    public long CreatedAt { get; init; }
}
