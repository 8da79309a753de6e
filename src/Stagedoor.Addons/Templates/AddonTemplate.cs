using System.Text.RegularExpressions;

namespace Stagedoor.Addons.Templates;

/// <summary>An add-on of the account's catalogue.</summary>
internal sealed partial record AddonTemplate
{
    public const string Helm = "helm";

    public const string Static = "static";

    public string DomainId { get; init; } = "";

    public string Name { get; init; } = "";

    public string Alias { get; init; } = "";

    public string Type { get; init; } = Helm;

    public long Require { get; init; }

    /// <summary>A JSON array of texts.</summary>
    public string Labels { get; init; } = "[]";

    /// <summary>The media type of its picture; empty where there is none.</summary>
    public string LogoType { get; init; } = "";

    public string LogoUrl { get; init; } = "";

    public string ReadmeUrl { get; init; } = "";

    public string Description { get; init; } = "";

    public long CreatedAt { get; init; }

    public long UpdatedAt { get; init; }

    /// <summary>Whether a template may be called so.</summary>
    public static bool IsValidName(string name) => name.Length is > 0 and <= 64 && NamePattern().IsMatch(name);

    [GeneratedRegex(@"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?\z", RegexOptions.NonBacktracking)]
    private static partial Regex NamePattern();
}

/// <summary>A version of an add-on, with its package.</summary>
internal sealed record AddonVersion
{
    public string DomainId { get; init; } = "";

    public string Template { get; init; } = "";

    public string Version { get; init; } = "";

    /// <summary>The account's library, which has the package.</summary>
    public long LibraryId { get; init; }

    public string Digest { get; init; } = "";

    public long Size { get; init; }

    public string FileName { get; init; } = "";

    public long Stable { get; init; }

    /// <summary>The parameters as a JSON object.</summary>
    public string Input { get; init; } = "{}";

    /// <summary>The texts of pages, a JSON object.</summary>
    public string Translate { get; init; } = "{}";

    /// <summary>Which clusters it is for, a JSON array; empty for all.</summary>
    public string SupportVersions { get; init; } = "[]";

    /// <summary>Which add-ons have to be there, a JSON array.</summary>
    public string Requires { get; init; } = "[]";

    /// <summary>Which add-ons must not be there, a JSON array.</summary>
    public string Conflicts { get; init; } = "[]";

    /// <summary>What becomes of custom resource definitions, a JSON object.</summary>
    public string Crds { get; init; } = "{}";

    /// <summary>The versions of Kubernetes that the chart is for; empty for all.</summary>
    public string KubeVersion { get; init; } = "";

    public string Namespace { get; init; } = "";

    public string ReleaseName { get; init; } = "";

    /// <summary>The schema of the values; empty where there is none.</summary>
    public string ValuesSchema { get; init; } = "";

    public string UploadedBy { get; init; } = "";

    /// <summary>1 while it is being deleted: nothing installs it any more.</summary>
    public long Removing { get; init; }

    public long CreatedAt { get; init; }

    public long UpdatedAt { get; init; }
}
