using System.Text.Json;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Packages;

/// <summary>A repository of packages, as callers see it.</summary>
internal sealed record PackageRepositoryView(
    long Id,
    string Name,
    string Type,
    string Namespace,
    string DomainName,
    bool IsPublic,
    string Description,
    string CreatorName,
    string CreatedAt,
    string UpdatedAt)
{
    public static PackageRepositoryView Of(PackagePlace place, PackageRepositoryRow row) => new(
        row.Id,
        row.Name,
        PackageView.App,
        place.Organization.Name,
        place.Organization.DomainName,
        row.IsPublic is 1,
        row.Description,
        row.CreatorName,
        WireTime.Of(row.CreatedAt),
        WireTime.Of(row.UpdatedAt));
}

/// <summary>A package, as callers see it.</summary>
internal sealed record PackageView(
    long Id,
    string Name,
    string Type,
    string Repository,
    string Namespace,
    string DomainName,
    bool IsPublic,
    string Description,
    [property: Schema(PackageBody.ObjectSchema)] JsonElement Manifests,
    string CreatorName,
    string CreatedAt,
    string UpdatedAt,
    IReadOnlyList<string> Versions,
    long NumDownload)
{
    public const string App = "app";

    /// <exception cref="ApiException">What is stored as the manifests is none.</exception>
    public static PackageView Of(PackagePlace place, PackageRow row, IEnumerable<string> versions) => new(
        row.Id,
        row.Name,
        App,
        place.Path.Repository!,
        place.Organization.Name,
        place.Organization.DomainName,
        row.IsPublic is 1,
        row.Description,
        Parse(row),
        row.CreatorName,
        WireTime.Of(row.CreatedAt),
        WireTime.Of(row.UpdatedAt),
        [.. versions],
        row.NumDownload);

    private static JsonElement Parse(PackageRow row)
    {
        try
        {
            using var json = JsonDocument.Parse(row.Manifests);
            return json.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw new ApiException(ImagesCodes.JsonConversionFailed, $"package={row.Name}; its manifests cannot be read", e);
        }
    }
}

/// <summary>A version of a package, as callers see it.</summary>
internal sealed record PackageVersionView(string Version, string Description, string CreatedAt, string UpdatedAt, IReadOnlyList<PackageFileView> Files)
{
    public static PackageVersionView Of(PackagePath path, PackageVersionRow row, IEnumerable<PackageFileRow> files, ImageHosts hosts) => new(
        row.Version,
        row.Description,
        WireTime.Of(row.CreatedAt),
        WireTime.Of(row.UpdatedAt),
        [.. files.Select(f => PackageFileView.Of(path with { Version = row.Version }, f, hosts))]);
}

/// <summary>A file of a version, as callers see it.</summary>
internal sealed record PackageFileView(string Name, long Size, string Sha256, string Path, string InternalPath, string CreatedAt)
{
    /// <param name="path">Its version.</param>
    /// <param name="row">The file.</param>
    /// <param name="hosts">Where it is downloaded from.</param>
    public static PackageFileView Of(PackagePath path, PackageFileRow row, ImageHosts hosts) => new(
        row.Name,
        row.Size,
        Digest.Parse(row.Digest).Hex,
        path.Address(hosts.External, row.Name),
        path.Address(hosts.Internal, row.Name),
        WireTime.Of(row.CreatedAt));
}

/// <summary>A signature of a version, as callers see it.</summary>
internal sealed record PackageSignatureView(string Algorithm, string Signature, string CreatedAt)
{
    public static PackageSignatureView Of(PackageSignatureRow row) => new(row.Algorithm, row.Signature, WireTime.Of(row.CreatedAt));
}
