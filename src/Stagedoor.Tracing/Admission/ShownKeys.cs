using System.Text;
using Microsoft.AspNetCore.Http;

namespace Stagedoor.Tracing.Admission;

/// <summary>The keys that a request shows, wherever they may stand. Whoever shows anything is somebody, known or not, and never anonymous.</summary>
/// <param name="Keys">What stands where keys do.</param>
/// <param name="IsOther">Whether <c>Authorization</c> is of a scheme that no key is in. It may be meant for what stands in front.</param>
internal sealed record ShownKeys(IReadOnlyList<string> Keys, bool IsOther)
{
    /// <summary>What a path begins with that brings the key itself, for senders that can set no header.</summary>
    public const string PathParameter = "key";

    private const string Bearer = "Bearer ";
    private const string Basic = "Basic ";

    /// <summary>Looks at a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="takesBasic">Whether a key may be the password of basic authentication.</param>
    public static ShownKeys Of(HttpContext context, bool takesBasic)
    {
        var headers = context.Request.Headers;
        List<string>? keys = null;
        Add(ref keys, context.Request.RouteValues[PathParameter] as string);
        Add(ref keys, headers["Authentication"]);
        Add(ref keys, headers["x-otlp-api-key"]);
        var authorization = headers.Authorization.ToString().Trim();
        var isBearer = authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase);
        var isBasic = !isBearer && takesBasic && authorization.StartsWith(Basic, StringComparison.OrdinalIgnoreCase);
        if (isBearer || isBasic)
        {
            (keys ??= []).Add(isBearer ? authorization[Bearer.Length..].Trim() : PasswordOf(authorization[Basic.Length..].Trim()));
        }

        return new(keys ?? [], authorization.Length > 0 && !isBearer && !isBasic);
    }

    private static void Add(ref List<string>? keys, string? key)
    {
        if (!string.IsNullOrEmpty(key))
        {
            (keys ??= []).Add(key);
        }
    }

    // What is no base64, or has no colon, is no key that is known.
    private static string PasswordOf(string encoded)
    {
        var bytes = new byte[encoded.Length];
        if (!Convert.TryFromBase64String(encoded, bytes, out var length))
        {
            return "";
        }

        var text = Encoding.UTF8.GetString(bytes, 0, length);
        return text[(text.IndexOf(':', StringComparison.Ordinal) + 1)..];
    }
}
