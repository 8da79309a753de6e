using System.Buffers;
using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Tracing.Model;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.ErrorCodes;

/// <summary>
/// Finds which error code a span had: one of the catalogue, or one that <see cref="TracingOptions.ErrorCodes"/> names. Attributes that are for codes are believed first,
/// then words of what a failed span says in its status and of its exceptions. Any number may ask at a time.
/// </summary>
internal sealed class CodeFinder
{
    /// <summary>The longest code.</summary>
    public const int MaxLength = 128;

    // Longer texts are stack traces; what matters of a message stands at its beginning.
    private const int MostText = 2048;

    private static readonly SearchValues<char> s_word = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

    private readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> _codes;
    private readonly string[] _beginnings;

    public CodeFinder(IOptions<TracingOptions> options)
    {
        var registered = options.Value.ErrorCodes;
        _beginnings = [.. registered.Where(static c => c.EndsWith('*')).Select(static c => c[..^1])];
        _codes = ErrorCatalog.All.Where(static e => e.Status >= 400).Select(static e => e.Code).Concat(registered.Where(static c => !c.EndsWith('*')))
            .ToFrozenSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The code; empty when there is none that is known.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="span">One of its spans.</param>
    /// <param name="hasFailed">Whether it failed: only then its texts are looked through.</param>
    public string Find(SpanBatch batch, in SpanData span, bool hasFailed)
    {
        var known = new KnownAttributes(batch, span.Attributes, stackalloc short[KnownKeys.Count]);
        foreach (var key in (ReadOnlySpan<KnownKey>)[KnownKey.ErrorCodeHeader, KnownKey.ErrorCode, KnownKey.ErrorType, KnownKey.ExceptionType])
        {
            if (ValueOf(batch, span.Attributes, known, key) is { Length: > 0 } value && IsKnown(value))
            {
                return value;
            }
        }

        if (!hasFailed)
        {
            return "";
        }

        if (WordOf(batch, span.StatusMessage) is { Length: > 0 } word)
        {
            return word;
        }

        for (var i = 0; i < span.Events.Count; i++)
        {
            var attributes = batch.Events[span.Events.First + i].Attributes;
            if (batch.Find(attributes, "exception.type"u8) is { Kind: ValueKind.Text } type && batch.TextOf(type.Text) is var name && IsKnown(name))
            {
                return name;
            }

            if (batch.Find(attributes, "exception.message"u8) is { Kind: ValueKind.Text } message && WordOf(batch, message.Text) is { Length: > 0 } said)
            {
                return said;
            }
        }

        return "";
    }

    // A header may have several values, so that it is sent as a list.
    private static string ValueOf(SpanBatch batch, Slice attributes, in KnownAttributes known, KnownKey key) =>
        known.FirstValue(key) is { Length: > 0 } value ? value
        : key is KnownKey.ErrorCodeHeader && known.Has(key) && batch.Find(attributes, Encoding.ASCII.GetBytes(KnownKeys.NameOf(key))) is { Kind: ValueKind.Array } list
            ? FirstOf(NestedValue.ToJson(batch[list.Text], ValueKind.Array))
            : "";

    private static string FirstOf(byte[] list)
    {
        using var json = JsonDocument.Parse(list);
        return json.RootElement.GetArrayLength() > 0 && json.RootElement[0] is { ValueKind: JsonValueKind.String } first ? first.GetString()! : "";
    }

    private bool IsKnown(ReadOnlySpan<char> code)
    {
        if (code.Length > MaxLength)
        {
            return false;
        }

        if (_codes.Contains(code))
        {
            return true;
        }

        foreach (var beginning in _beginnings)
        {
            if (code.StartsWith(beginning, StringComparison.Ordinal) && !code.ContainsAnyExcept(s_word))
            {
                return true;
            }
        }

        return false;
    }

    // Of a text any number may be a code of the registry of microservices: one of digits alone is none.
    private string WordOf(SpanBatch batch, TextRef text)
    {
        if (text.Length == 0)
        {
            return "";
        }

        var rest = Encoding.UTF8.GetString(batch[text][..Math.Min(text.Length, MostText)]).AsSpan();
        while (rest.IndexOfAny(s_word) is >= 0 and var begin)
        {
            rest = rest[begin..];
            var length = rest.IndexOfAnyExcept(s_word) is >= 0 and var end ? end : rest.Length;
            var word = rest[..length].Trim("._-");
            if (word.ContainsAnyExceptInRange('0', '9') && IsKnown(word))
            {
                return word.ToString();
            }

            rest = rest[length..];
        }

        return "";
    }
}
