using Microsoft.AspNetCore.Http;
using Stagedoor.Http;

namespace Stagedoor.Iam;

/// <summary>Where an object or a page of a list is found.</summary>
internal sealed record Links(string Self, string? Previous = null, string? Next = null)
{
    /// <summary>The links of an object under a path of its own.</summary>
    public static Links To(HttpContext context, string path) => new(context.ExternalBase() + path);

    /// <summary>The links of the list that was asked for.</summary>
    public static Links Here(HttpContext context) => new($"{context.ExternalBase()}{context.Request.Path}{context.Request.QueryString}");
}

/// <summary>Where a list is found that has no pages.</summary>
internal sealed record SelfLink(string Self)
{
    public static SelfLink Here(HttpContext context) => new(Links.Here(context).Self);
}
