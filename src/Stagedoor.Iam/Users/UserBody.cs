using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace Stagedoor.Iam.Users;

/// <summary>A user on the wire.</summary>
internal sealed record UserBody(
    string Id,
    string Name,
    [property: JsonPropertyName("domain_id")] string DomainId,
    bool Enabled,
    string Description,
    [property: JsonPropertyName("password_expires_at")] string? PasswordExpiresAt,
    [property: JsonPropertyName("pwd_status")] bool MustChangePassword,
    [property: JsonPropertyName("access_mode")] string AccessMode,
    Links Links)
{
    public static UserBody Of(User user, HttpContext context) => new(
        user.Id,
        user.Name,
        user.DomainId,
        user.Enabled,
        user.Description,
        null,
        user.MustChangePassword,
        user.AccessMode,
        Links.To(context, $"/v3/users/{user.Id}"));
}

/// <summary><c>{"user":…}</c></summary>
internal sealed record UserAnswer(UserBody User);
