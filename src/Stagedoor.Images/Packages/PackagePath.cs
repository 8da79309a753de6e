using Microsoft.AspNetCore.Http;
using Stagedoor.Http;

namespace Stagedoor.Images.Packages;

/// <summary>What a request for packages addresses: an account's organization, and in it as much as the path goes on.</summary>
internal sealed record PackagePath(string Domain, string Organization, string? Repository = null, string? Package = null, string? Version = null, string? File = null)
{
    /// <summary>The names in the path, each well formed.</summary>
    /// <exception cref="ApiException">One of them is not.</exception>
    public static PackagePath Of(HttpContext context)
    {
        var values = context.Request.RouteValues;
        var path = new PackagePath(Find("domain")!, Find("namespace")!, Find("repository"), Find("package"), Find("version"), Find("file"));
        path.Check();
        return path;

        string? Find(string name) => values.GetValueOrDefault(name) as string;
    }

    /// <summary>Where a file of the version is, at a host.</summary>
    public string Address(string host, string file) =>
        $"{host}/swr/v2/domains/{Domain}/namespaces/{Organization}/repositories/{Repository}/packages/{Package}/versions/{Version}/file_paths/{Uri.EscapeDataString(file)}";

    public override string ToString() => string.Join(", ", Parts());

    private IEnumerable<string> Parts()
    {
        yield return $"namespace={Organization}";
        foreach (var (name, value) in new[] { ("repository", Repository), ("package", Package), ("version", Version), ("file", File) })
        {
            if (value is not null)
            {
                yield return $"{name}={value}";
            }
        }
    }

    private void Check()
    {
        if (!PackageName.IsValidDomain(Domain))
        {
            throw ImagesError.InvalidDomain(Text.Cut(Domain, PackageName.MaxDomain));
        }

        if (!Organizations.Organization.IsValidName(Organization))
        {
            throw ImagesError.InvalidOrganizationOrName("namespace", Text.Cut(Organization, Organizations.Organization.MaxNameLength));
        }

        if (Repository is not null && !PackageName.IsValidRepository(Repository))
        {
            throw ImagesError.InvalidOrganizationOrName("repository", Text.Cut(Repository, PackageName.MaxRepository));
        }

        if (Package is not null && !PackageName.IsValidPackage(Package))
        {
            throw ImagesError.InvalidPackageName(Text.Cut(Package, PackageName.MaxPackage));
        }

        if (Version is not null && !PackageName.IsValidVersion(Version))
        {
            // As a build script writes it whose variable is not set.
            throw string.IsNullOrWhiteSpace(Version) ? ImagesError.PackageVersionEmpty() : ImagesError.InvalidPackageVersion(Text.Cut(Version, PackageName.MaxVersion));
        }

        if (File is not null && !PackageName.IsValidFile(File))
        {
            throw ImagesError.InvalidPackageFile(Text.Cut(File, PackageName.MaxFile));
        }
    }
}
