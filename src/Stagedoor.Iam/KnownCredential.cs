using System.Globalization;
using System.Runtime.InteropServices;
using Stagedoor.Iam.Tokens;

namespace Stagedoor.Iam;

/// <summary>
/// What a caller was known by, as <see cref="Caller.Credential"/>: an access key, or what of a token has to be looked at again. It opens nothing:
/// a token that says the same cannot be made of it.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct KnownCredential(AuthenticationMethod Method, string? AccessKey, TokenClaims? Token)
{
    private const char Separator = ' ';

    public static string Of(AuthenticationMethod method, string accessKey) => $"{(int)method}{Separator}{accessKey}";

    public static string Of(TokenClaims claims) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(int)AuthenticationMethod.Token} {claims.Id} {claims.RootId} {claims.Stamp} {claims.ExpiresAt.ToUnixTimeMilliseconds()}");

    /// <summary>The credential of a user; null when the text is none.</summary>
    public static KnownCredential? Find(string text, string userId, string? projectId) => text.Split(Separator) switch
    {
        [var method, var accessKey] when int.TryParse(method, CultureInfo.InvariantCulture, out var number) => new((AuthenticationMethod)number, accessKey, null),
        [_, var id, var rootId, var stamp, var expires] when long.TryParse(expires, CultureInfo.InvariantCulture, out var at) => new(
            AuthenticationMethod.Token,
            null,
            new()
            {
                Id = id,
                RootId = rootId,
                UserId = userId,
                Stamp = stamp,
                ProjectId = projectId,
                Method = "",
                IssuedAt = default,
                ExpiresAt = DateTimeOffset.FromUnixTimeMilliseconds(at),
            }),
        _ => null,
    };
}
