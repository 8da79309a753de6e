using Stagedoor.Identity;

namespace Stagedoor.Discovery.Accounts.Tokens;

/// <summary>What a token of an engine's account says.</summary>
/// <param name="Account">The account's name.</param>
/// <param name="Stamp">The account's stamp when the token was made.</param>
/// <param name="ExpiresAt">When it ends.</param>
internal sealed record AccountClaims(string Account, string Stamp, DateTimeOffset ExpiresAt)
{
    /// <summary>As a token, <c>sc1.…</c>. All replicas share the key ring, so each takes the others' tokens.</summary>
    public static TokenForm<AccountClaims> Form { get; } = new(
        "sc1.",
        "Stagedoor.Discovery.AccountToken",
        static (writer, claims) =>
        {
            writer.Write(claims.Account);
            writer.Write(claims.Stamp);
            writer.Write(claims.ExpiresAt.ToUnixTimeMilliseconds());
        },
        static reader => new(reader.ReadString(), reader.ReadString(), DateTimeOffset.FromUnixTimeMilliseconds(reader.ReadInt64())));
}
