using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Addons.Requests;

/// <summary>The form of errors: that of the setting, unless the request asks for another.</summary>
internal sealed class ErrorDialect(IOptions<AddonsOptions> options) : IErrorDialect
{
    /// <summary>How a request asks.</summary>
    public const string Header = "X-Stagedoor-Dialect";

    private readonly AddonsDialect _default = Parse(options.Value.Dialect) ?? AddonsDialect.Seed;

    public AddonsDialect ForRequest(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return Parse(context.Request.Headers[Header].ToString()) ?? _default;
    }

    private static AddonsDialect? Parse(string text) => text switch
    {
        "seed" => AddonsDialect.Seed,
        "cce-v3" => AddonsDialect.CceV3,
        _ => null,
    };
}
