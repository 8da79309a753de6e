using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Stagedoor.Iam.Secrets;

namespace Stagedoor.Iam.Users;

/// <summary>What a request to create a user says, in either of its two forms.</summary>
internal sealed partial record NewUser(
    string? Name,
    string? Password,
    bool? Enabled,
    string? Description,
    string? Email,
    [property: JsonPropertyName("areacode")] string? AreaCode,
    string? Phone,
    [property: JsonPropertyName("domain_id")] string? DomainId,
    [property: JsonPropertyName("access_mode")] string? AccessMode,
    [property: JsonPropertyName("pwd_status")] bool? MustChangePassword)
{
    /// <summary>What is wrong with it; null when nothing is.</summary>
    public string? Problem() => this switch
    {
        _ when !User.IsValidName(Name) =>
            "user.name has 1 to 32 letters, digits, spaces, '_', '-' and '.', and begins with neither digit nor space",
        { Password: not null } when Passwords.Problem(Password, Name!) is { } problem => $"user.{problem}",
        { Description: not null } when !Texts.IsStorable(Description) => $"user.description {Texts.DescriptionRule}",
        { AccessMode: not null } when !AccessModes.IsKnown(AccessMode) => "user.access_mode is default, programmatic or console",
        { Email.Length: > 0 } when Email.Length > 255 || !EmailPattern().IsMatch(Email) => "user.email is no e-mail address",
        { Phone: null or "" } when !string.IsNullOrEmpty(AreaCode) => "user.areacode and user.phone go together",
        { AreaCode: null or "" } when !string.IsNullOrEmpty(Phone) => "user.areacode and user.phone go together",
        { Phone.Length: > 0 } when !PhonePattern().IsMatch(Phone) => "user.phone has at most 32 digits",
        { AreaCode.Length: > 0 } when !AreaPattern().IsMatch(AreaCode) => "user.areacode has at most 6 digits, with 00 before or without",
        _ => null,
    };

    public User ToUser(Caller creator, string? passwordHash, IdSource ids, TimeProvider clock) => new()
    {
        Id = ids.NewId(),
        DomainId = creator.DomainId,
        DomainName = creator.DomainName,
        DomainEnabled = true,
        Name = Name!,
        Description = Description ?? "",
        Email = Email ?? "",
        AreaCode = AreaCode ?? "",
        Phone = Phone ?? "",
        AccessMode = AccessMode ?? AccessModes.Default,
        Enabled = Enabled ?? true,
        IsRoot = false,
        PasswordHash = passwordHash ?? "",
        MustChangePassword = MustChangePassword ?? false,
        Stamp = ids.NewId(),
        CreatedAt = clock.GetUtcNow().ToUnixTimeMilliseconds(),
    };

    [GeneratedRegex(@"^[^@\s\p{Cc}]+@[^@\s\p{Cc}]+$", RegexOptions.NonBacktracking)]
    private static partial Regex EmailPattern();

    [GeneratedRegex("^[0-9]{1,32}$", RegexOptions.NonBacktracking)]
    private static partial Regex PhonePattern();

    [GeneratedRegex(@"^\+?[0-9]{1,6}$", RegexOptions.NonBacktracking)]
    private static partial Regex AreaPattern();
}

/// <summary><c>{"user":…}</c> as a request.</summary>
internal sealed record NewUserRequest(NewUser? User);
