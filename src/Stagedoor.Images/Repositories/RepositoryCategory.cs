namespace Stagedoor.Images.Repositories;

/// <summary>What repositories are sorted into.</summary>
internal static class RepositoryCategory
{
    public const string Default = "other";

    private static readonly string[] s_all = ["app_server", "linux", "framework_app", "database", "lang", Default, "windows", "arm"];

    /// <summary>The category as it is stored; absent and empty is null. The official SDKs spell <c>arm</c> as <c>arms</c>.</summary>
    /// <exception cref="Http.ApiException">There is no such category.</exception>
    public static string? Read(string? text) => text switch
    {
        null or "" => null,
        "arms" => "arm",
        _ when s_all.Contains(text, StringComparer.Ordinal) => text,
        _ => throw ImagesError.InvalidQueryParameter("category", text, string.Join(", ", s_all)),
    };
}
