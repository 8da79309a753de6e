using System.Security.Cryptography;
using System.Text;
using Stagedoor.Gateway.Signing;

namespace Stagedoor.Gateway.Why;

/// <summary>
/// Finds out what a signature that did not match was made of: makes the usual mistakes on the request, one and then two at a time, until with the key's secret the
/// signature comes out. What it answers tells neither the secret nor what the signature should have been.
/// </summary>
internal static class SignatureDiagnosis
{
    /// <summary>What was signed otherwise; null when no usual mistake explains it.</summary>
    /// <param name="refused">The signature.</param>
    /// <param name="parts">The canonical request.</param>
    /// <param name="secret">The key's secret.</param>
    /// <param name="tried">How many mistakes, alone and in pairs, were made.</param>
    public static SignatureFinding? Find(RefusedSignature refused, CanonicalParts parts, string secret, out int tried)
    {
        tried = 0;
        if (Array.Find([.. refused.Signature.SignedHeaders], name => refused.Request.Headers[name].Count == 0) is { } absent)
        {
            return new("signed headers", "the headers that were sent", absent, $"send the header {absent}, which is signed, or leave it out of SignedHeaders; a proxy may have taken it away");
        }

        // The text of a signature that is no signature matches nothing.
        if (refused.Signature.Value.IsEmpty)
        {
            return new("signature", "64 lower-case hexadecimal digits", "something else", "write the signature as 64 lower-case hexadecimal digits");
        }

        SignatureMistake[] mistakes = [.. SignatureMistakes.Of(refused, parts), .. SignatureMistakes.OfSecret(secret, refused.Signature.AccessKey)];
        foreach (var mistake in mistakes)
        {
            tried++;
            if (Matches(refused, parts, mistake, secret))
            {
                return new(mistake.Part, mistake.Ours, mistake.Signed, mistake.Change);
            }
        }

        for (var i = 0; i < mistakes.Length; i++)
        {
            for (var j = i + 1; j < mistakes.Length; j++)
            {
                if (string.Equals(mistakes[i].Part, mistakes[j].Part, StringComparison.Ordinal))
                {
                    continue;
                }

                tried++;
                if (Matches(refused, parts, mistakes[i].And(mistakes[j]), secret))
                {
                    return new(
                        $"{mistakes[i].Part} and {mistakes[j].Part}",
                        $"{mistakes[i].Ours} and {mistakes[j].Ours}",
                        $"{mistakes[i].Signed} and {mistakes[j].Signed}",
                        $"{mistakes[i].Change}, and {mistakes[j].Change}");
                }
            }
        }

        return null;
    }

    private static bool Matches(RefusedSignature refused, CanonicalParts parts, SignatureMistake mistake, string secret)
    {
        Span<byte> expected = stackalloc byte[SigningKey.Size];
        var key = Encoding.UTF8.GetBytes(mistake.Secret ?? secret);
        if (refused.Signature.Scope is { } scope)
        {
            key = SigningKey.Derive(key, refused.Signature.AccessKey, scope);
        }

        var date = mistake.Date ?? refused.Request.Headers[SignedRequest.DateHeader].ToString();
        SigningKey.Sign(key, refused.Signature.Algorithm, date, refused.Signature.Scope, Encoding.UTF8.GetBytes(parts.Assemble(mistake)), expected);
        return CryptographicOperations.FixedTimeEquals(expected, refused.Signature.Value.Span);
    }
}
