using System.Collections.Immutable;
using System.Text;
using Microsoft.Extensions.Primitives;
using Stagedoor.Http;

namespace Stagedoor.Gateway.Signing;

/// <summary>
/// The canonical requests that a client may have signed for one request on the wire: three readings of the path, three of the query,
/// two of the body. They are built one after the other, and readings that come out the same are built once.
/// </summary>
internal sealed class CanonicalRequest : IDisposable
{
    private const int Readings = 3;

    private readonly SignedRequest _request;
    private readonly ImmutableArray<string> _signedHeaders;
    private readonly string?[] _payloads = new string?[2];
    private readonly Range?[] _paths = new Range?[Readings];
    private readonly Range?[] _queries = new Range?[Readings];
    private readonly bool _allowWholePath;
    private readonly Utf8Buffer _buffer = new();
    private readonly Range _headers;
    private int _partsEnd;
    private int _next;

    /// <summary>Prepares the candidates.</summary>
    /// <param name="request">The request on the wire.</param>
    /// <param name="signedHeaders">The signed headers' names, lower-case and ascending.</param>
    /// <param name="allowUnsignedPayload">Whether a body may stay out of the signature.</param>
    /// <param name="allowWholePath">Whether an encoded slash may have been signed as a separator.</param>
    public CanonicalRequest(in SignedRequest request, ImmutableArray<string> signedHeaders, bool allowUnsignedPayload, bool allowWholePath = true)
    {
        _allowWholePath = allowWholePath;
        _request = request;
        _signedHeaders = signedHeaders;
        IsSignable = SelectPayloads(allowUnsignedPayload);
        foreach (var name in signedHeaders)
        {
            IsSignable &= AppendHeader(name, request.Headers[name]);
        }

        _headers = .._buffer.Length;
        _partsEnd = _buffer.Length;
    }

    /// <summary>False when no signature can be right: a signed header is absent, or the stated hash of the body is not its hash.</summary>
    public bool IsSignable { get; }

    /// <summary>The candidate that <see cref="MoveNext"/> has built; the next call overwrites it.</summary>
    public ReadOnlySpan<byte> Current => _buffer[_partsEnd..];

    /// <summary>Builds the next candidate; false when there is no other.</summary>
    public bool MoveNext()
    {
        const int All = Readings * Readings * 2;

        for (_buffer.Truncate(_partsEnd); _next < All; _next++)
        {
            var payload = _payloads[_next % 2];
            if (payload is not null && FindPath(_next / 2 / Readings) is { } path && FindQuery(_next / 2 % Readings) is { } query)
            {
                _next++;
                Assemble(path, query, payload);
                return true;
            }
        }

        return false;
    }

    /// <summary>The first candidate as one line for an error message, without the secrets that its headers may hold.</summary>
    public string Describe()
    {
        var (path, query) = RawTarget.Split(_request.Target);
        using var text = new Utf8Buffer();
        text.Append(_request.Method);
        text.Append('\n');
        CanonicalPath.Append(text, path, PathReading.Segments);
        text.Append('\n');
        CanonicalQuery.Append(text, Secrets.Mask(query), QueryReading.Sorted);
        text.Append('\n');
        foreach (var name in _signedHeaders)
        {
            var isSecret = Secrets.IsNamedBy(name);
            foreach (var value in Sorted(_request.Headers[name]))
            {
                AppendLine(text, name, isSecret ? Secrets.Hidden : value.AsSpan());
            }
        }

        text.Append('\n');
        AppendNames(text);
        text.Append('\n');
        text.Append(_payloads[0] ?? _payloads[1]);
        return Encoding.UTF8.GetString(text[..]).Replace('\n', '|');
    }

    public void Dispose() => _buffer.Dispose();

    private static StringValues Sorted(StringValues values)
    {
        if (values.Count < 2)
        {
            return values;
        }

        string?[] sorted = [.. values];
        Array.Sort(sorted, StringComparer.Ordinal);
        return sorted;
    }

    private static void AppendLine(Utf8Buffer buffer, string name, ReadOnlySpan<char> value)
    {
        buffer.Append(name);
        buffer.Append(':');
        buffer.Append(value.Trim(" \t"));
        buffer.Append('\n');
    }

    /// <summary>
    /// The literal hash comes first, the real one second: Python states <c>UNSIGNED-PAYLOAD</c> and signs the hash of the empty body
    /// when there is no body.
    /// </summary>
    private bool SelectPayloads(bool allowUnsigned)
    {
        _payloads[1] = _request.BodyHash;
        var stated = _request.Headers[SignedRequest.ContentHashHeader];
        if (stated.Count != 1)
        {
            return stated.Count == 0;
        }

        if (string.Equals(stated, SignedRequest.UnsignedPayload, StringComparison.Ordinal))
        {
            // Without its own signature the marker could be put on any request, and the body changed.
            var isSigned = _signedHeaders.Contains(SignedRequest.ContentHashHeader, StringComparer.OrdinalIgnoreCase);
            _payloads[0] = allowUnsigned && isSigned ? SignedRequest.UnsignedPayload : null;
            return true;
        }

        if (!string.Equals(stated, _request.BodyHash, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        // In upper case it is the same hash, but another line.
        _payloads[0] = string.Equals(stated, _request.BodyHash, StringComparison.Ordinal) ? null : stated.ToString();
        return true;
    }

    private bool AppendHeader(string name, StringValues values)
    {
        foreach (var value in Sorted(values))
        {
            // A server refuses these; one that did not would let a value pose as another header's line.
            if (value.AsSpan().ContainsAny('\r', '\n', '\0'))
            {
                return false;
            }

            AppendLine(_buffer, name, value);
        }

        return values.Count > 0;
    }

    private Range? FindPath(int reading)
    {
        var (path, _) = RawTarget.Split(_request.Target);
        if (reading > 0 && (!path.Contains('%') || ((PathReading)reading is PathReading.Whole && !_allowWholePath)))
        {
            return null;
        }

        if (_paths[reading] is { } built)
        {
            return Unless(built, _paths.AsSpan(0, reading));
        }

        var start = _partsEnd;
        CanonicalPath.Append(_buffer, path, (PathReading)reading);
        _paths[reading] = start.._buffer.Length;
        _partsEnd = _buffer.Length;
        return Unless(start.._buffer.Length, _paths.AsSpan(0, reading));
    }

    private Range? FindQuery(int reading)
    {
        var (_, query) = RawTarget.Split(_request.Target);
        if ((QueryReading)reading switch
        {
            QueryReading.PlusIsSpace => !query.Contains('+'),
            QueryReading.SortedByName => !query.Contains('&'),
            _ => false,
        })
        {
            return null;
        }

        if (_queries[reading] is { } built)
        {
            return Unless(built, _queries.AsSpan(0, reading));
        }

        var start = _partsEnd;
        CanonicalQuery.Append(_buffer, query, (QueryReading)reading);
        _queries[reading] = start.._buffer.Length;
        _partsEnd = _buffer.Length;
        return Unless(start.._buffer.Length, _queries.AsSpan(0, reading));
    }

    /// <summary>The part, unless an earlier reading came out the same.</summary>
    private Range? Unless(Range part, ReadOnlySpan<Range?> earlier)
    {
        foreach (var other in earlier)
        {
            if (other is { } range && _buffer[range].SequenceEqual(_buffer[part]))
            {
                return null;
            }
        }

        return part;
    }

    private void Assemble(Range path, Range query, string payload)
    {
        _buffer.Append(_request.Method);
        _buffer.Append('\n');
        _buffer.AppendCopy(path);
        _buffer.Append('\n');
        _buffer.AppendCopy(query);
        _buffer.Append('\n');
        _buffer.AppendCopy(_headers);
        _buffer.Append('\n');
        AppendNames(_buffer);
        _buffer.Append('\n');
        _buffer.Append(payload);
    }

    private void AppendNames(Utf8Buffer buffer)
    {
        for (var i = 0; i < _signedHeaders.Length; i++)
        {
            if (i > 0)
            {
                buffer.Append(';');
            }

            buffer.Append(_signedHeaders[i]);
        }
    }
}
