using System.Text.Json;

namespace Stagedoor.Monitoring.Reports;

/// <summary>
/// Reads a report as leniently as a Java bean mapper: numbers may stand in quotes, names may be in any case, null is absent, and what is not
/// known is passed over. Written by hand because it is the hottest path of the dashboard, and because the answer to a body that cannot be
/// read quotes the parser's reason and place.
/// </summary>
internal ref struct ReportReader
{
    private readonly MetricReport _report = new();
    private ReportJson _json;

    private ReportReader(ReadOnlySpan<byte> body) => _json = new(body);

    /// <summary>The report in a body; nothing but its syntax and types has been checked.</summary>
    /// <exception cref="UndecodableException">The body is empty, no JSON, or a member is of a type that cannot be converted.</exception>
    public static MetricReport Read(ReadOnlySpan<byte> body)
    {
        // As Java's mappers do.
        if (body.StartsWith("\uFEFF"u8))
        {
            body = body[3..];
        }

        if (body.IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            throw new UndecodableException(Undecodable.At(body, body.Length, "No content to map due to end-of-input"));
        }

        var reader = new ReportReader(body);
        try
        {
            reader.ReadReport();
            return reader._report;
        }
        catch (JsonException e)
        {
            throw new UndecodableException(Undecodable.At(body, OffsetOf(body, e), ReasonOf(e)));
        }
    }

    private static int OffsetOf(ReadOnlySpan<byte> body, JsonException e)
    {
        var offset = 0;
        for (var line = e.LineNumber ?? 0; line > 0 && body[offset..].IndexOf((byte)'\n') is >= 0 and var end; line--)
        {
            offset += end + 1;
        }

        return offset + (int)(e.BytePositionInLine ?? 0);
    }

    // The place stands behind it in the answer's own way.
    private static string ReasonOf(JsonException e) =>
        e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal) is > 0 and var end ? e.Message[..end] : e.Message;

    private void ReadReport()
    {
        _json.Read();
        if (_json.TokenType is not JsonTokenType.StartObject)
        {
            throw _json.Unexpected("the report", "an object");
        }

        while (_json.NextMember())
        {
            var field = _json.Find(ReportFields.Report);
            _json.Read();
            switch (field.Part)
            {
                case ReportPart.Memory:
                    ReadMemory();
                    break;
                case ReportPart.Customs:
                    ReadCustoms();
                    break;
                case ReportPart.Interfaces:
                    ReadInterfaces();
                    break;
                default:
                    _json.ReadInto(_report, in field);
                    break;
            }
        }

        // Throws for anything behind the end.
        _json.Read();
    }

    private void ReadMemory()
    {
        switch (_json.TokenType)
        {
            case JsonTokenType.Null:
                return;
            case JsonTokenType.String:
                _report.Memory = new(new Dictionary<string, double>(StringComparer.Ordinal), _json.Text("memory"));
                return;
            case JsonTokenType.StartObject:
                break;
            default:
                throw _json.Unexpected("memory", "an object of numbers, or text");
        }

        var values = new Dictionary<string, double>(StringComparer.Ordinal);
        var count = 0;
        while (_json.NextMember())
        {
            var name = _json.StringValue("memory");
            _json.Read();
            if (_json.Number($"memory.{name}") is { } value && ++count <= MetricReport.MaxEntries)
            {
                values[name] = value;
            }
        }

        (_report.Memory, _report.MemoryCount) = (new(values, null), count);
    }

    private void ReadCustoms()
    {
        if (_json.TokenType is JsonTokenType.Null)
        {
            return;
        }

        if (_json.TokenType is not JsonTokenType.StartObject)
        {
            throw _json.Unexpected("customs", "an object");
        }

        var customs = new Dictionary<string, string>(StringComparer.Ordinal);
        var count = 0;
        while (_json.NextMember())
        {
            var name = _json.StringValue("customs");
            _json.Read();
            if (_json.Text($"customs.{name}") is { } value && ++count <= MetricReport.MaxEntries)
            {
                customs[name] = value;
            }
        }

        (_report.Customs, _report.CustomsCount) = (customs, count);
    }

    private void ReadInterfaces()
    {
        switch (_json.TokenType)
        {
            case JsonTokenType.Null:
                return;
            case JsonTokenType.StartArray:
                ReadEntries();
                return;
            case JsonTokenType.StartObject:
                while (_json.NextMember())
                {
                    var isItems = _json.Find(ReportFields.List);
                    _json.Read();
                    if (isItems && _json.TokenType is JsonTokenType.StartArray)
                    {
                        ReadEntries();
                    }
                    else if (isItems && _json.TokenType is not JsonTokenType.Null)
                    {
                        throw _json.Unexpected("interfaces.items", "a list");
                    }
                    else
                    {
                        _json.Skip();
                    }
                }

                return;
            default:
                throw _json.Unexpected("interfaces", "a list");
        }
    }

    private void ReadEntries()
    {
        _report.Interfaces.Clear();
        while (_json.Read() && _json.TokenType is not JsonTokenType.EndArray)
        {
            // One more than allowed says that there are too many.
            if (_report.Interfaces.Count > MetricReport.MaxInterfaces)
            {
                _json.Skip();
                continue;
            }

            _json.Entry = _report.Interfaces.Count;
            _report.Interfaces.Add(_json.TokenType switch
            {
                JsonTokenType.Null => null,
                JsonTokenType.StartObject => ReadEntry(),
                _ => throw _json.Unexpected("", "an object"),
            });
        }

        _json.Entry = -1;
    }

    private InterfaceReport ReadEntry()
    {
        var entry = new InterfaceReport();
        while (_json.NextMember())
        {
            var field = _json.Find(ReportFields.Entry);
            _json.Read();
            _json.ReadInto(entry, in field);
        }

        return entry;
    }
}
