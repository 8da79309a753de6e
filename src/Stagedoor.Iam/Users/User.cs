using System.Text.RegularExpressions;
using Stagedoor.Http;

namespace Stagedoor.Iam.Users;

/// <summary>A user of an account, with what of the account decides over it. No record: its text would show the password's hash.</summary>
internal sealed partial class User
{
    public required string Id { get; init; }

    public required string DomainId { get; init; }

    public required string DomainName { get; init; }

    public required bool DomainEnabled { get; init; }

    public required string Name { get; init; }

    public required string Description { get; init; }

    public required string Email { get; init; }

    public required string AreaCode { get; init; }

    public required string Phone { get; init; }

    /// <summary>One of <see cref="AccessModes"/>.</summary>
    public required string AccessMode { get; init; }

    public required bool Enabled { get; init; }

    /// <summary>The user that came with the account, whom no role restricts.</summary>
    public required bool IsRoot { get; init; }

    /// <summary>Empty when the user has no password.</summary>
    public required string PasswordHash { get; init; }

    /// <summary>Set by an administrator together with a password of the administrator's choosing.</summary>
    public required bool MustChangePassword { get; init; }

    /// <summary>Changes whenever tokens issued so far must end.</summary>
    public required string Stamp { get; init; }

    public required long CreatedAt { get; init; }

    public bool IsActive => Enabled && DomainEnabled;

    /// <summary>The user as records name it.</summary>
    public AuditedUser Audited => new(Id, Name, DomainId, DomainName);

    public bool MayUsePrograms => AccessMode is not AccessModes.Console;

    public static bool IsValidName(string? name) => name is not null && Pattern().IsMatch(name);

    [GeneratedRegex("^[A-Za-z_.-][A-Za-z0-9 _.-]{0,31}$", RegexOptions.NonBacktracking)]
    private static partial Regex Pattern();
}

/// <summary>How a user may reach the services.</summary>
internal static class AccessModes
{
    public const string Default = "default";

    public const string Programmatic = "programmatic";

    public const string Console = "console";

    public static bool IsKnown(string mode) => mode is Default or Programmatic or Console;
}
