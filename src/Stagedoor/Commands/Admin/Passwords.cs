using System.CommandLine;
using System.Security.Cryptography;

namespace Stagedoor.Commands.Admin;

/// <summary>The password that a verb gives to a user: from a file, or made up.</summary>
internal static class Passwords
{
    internal static readonly Option<string?> File = new("--password-file") { Description = "File with the user's new password, - for standard input.", HelpName = "FILE" };

    private const string Letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
    private const int Length = 24;

    /// <summary>The password of the file; null when there is none.</summary>
    internal static string? Read(ServerCall call) => call.Get(File) is { } file ? SecretText.Read(file) : null;

    /// <summary>One that the rules for passwords always take.</summary>
    internal static string MakeUp() => RandomNumberGenerator.GetString(Letters, Length - 1) + RandomNumberGenerator.GetString("23456789", 1);
}
