using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Packages;

/// <summary>Which part of a list is asked for.</summary>
/// <param name="Name">What the name contains, in whatever letters; null for all.</param>
/// <param name="IsPublicOnly">Only what everybody may read.</param>
/// <param name="Limit">How many.</param>
/// <param name="Offset">How many before.</param>
internal sealed record PackageFilter(string? Name, bool IsPublicOnly, int Limit, int Offset)
{
    /// <summary>For LIKE, whose own signs are escaped by '!'; empty for all.</summary>
    public string Pattern => Name is null ? "" : $"%{string.Concat(Name.Select(static c => c is '%' or '_' or '!' ? $"!{c}" : $"{c}")).ToLowerInvariant()}%";

    public long PublicOnly => IsPublicOnly ? 1 : 0;

    /// <summary>The part that a query names.</summary>
    /// <param name="query">The query.</param>
    /// <param name="key">What the name is called in it.</param>
    /// <param name="isPublicOnly">Only what everybody may read.</param>
    /// <exception cref="Http.ApiException">No name can contain that.</exception>
    public static PackageFilter Of(PageQuery query, string key, bool isPublicOnly)
    {
        var name = query[key];
        return name is null || (name.Length <= PackageName.MaxPackage && Text.IsStorable(name))
            ? new(name, isPublicOnly, query.Limit, query.Offset)
            : throw ImagesError.InvalidFilter($"{key} is longer than {PackageName.MaxPackage} characters, or no text");
    }

    /// <summary>The condition on the columns of a table.</summary>
    public static string Condition(string table) => $"(@Pattern = '' OR LOWER({table}.name) LIKE @Pattern ESCAPE '!') AND (@PublicOnly = 0 OR {table}.is_public = 1)";
}
