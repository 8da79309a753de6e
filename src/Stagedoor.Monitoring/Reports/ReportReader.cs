using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Stagedoor.Monitoring.Reports;

/// <summary>
/// Reads a report as leniently as a Java bean mapper: numbers may stand in quotes, names may be in any case, null is absent, and what is not
/// known is passed over. Written by hand because it is the hottest path of the dashboard, and because the answer to a body that cannot be
/// read quotes the parser's reason and place.
/// </summary>
internal ref struct ReportReader
{
    // Beyond it nothing is measured; sums stay finite, and JSON can say them.
    private const double MaxNumber = 1e15;

    private static readonly MemberNames<ReportMember> s_members = new(
        ("name", ReportMember.Name),
        ("appId", ReportMember.AppId),
        ("version", ReportMember.Version),
        ("environment", ReportMember.Environment),
        ("serviceId", ReportMember.ServiceId),
        ("instanceId", ReportMember.InstanceId),
        ("instance", ReportMember.Instance),
        ("thread", ReportMember.Thread),
        ("threadCount", ReportMember.Thread),
        ("cpu", ReportMember.Cpu),
        ("loadAverage", ReportMember.LoadAverage),
        ("uptime", ReportMember.Uptime),
        ("memory", ReportMember.Memory),
        ("customs", ReportMember.Customs),
        ("interfaces", ReportMember.Interfaces));

    private static readonly MemberNames<InterfaceMember> s_interfaceMembers = new(
        ("name", InterfaceMember.Name),
        ("functionName", InterfaceMember.FunctionName),
        ("functionType", InterfaceMember.FunctionType),
        ("qps", InterfaceMember.Qps),
        ("latency", InterfaceMember.Latency),
        ("l995", InterfaceMember.L995),
        ("l99", InterfaceMember.L99),
        ("l90", InterfaceMember.L90),
        ("l75", InterfaceMember.L75),
        ("l50", InterfaceMember.L50),
        ("l25", InterfaceMember.L25),
        ("l5", InterfaceMember.L5),
        ("rate", InterfaceMember.Rate),
        ("failureRate", InterfaceMember.FailureRate),
        ("total", InterfaceMember.Total),
        ("failure", InterfaceMember.Failure),
        ("circuitBreakerOpen", InterfaceMember.CircuitBreakerOpen),
        ("isCircuitBreakerOpen", InterfaceMember.CircuitBreakerOpen),
        ("shortCircuited", InterfaceMember.ShortCircuited),
        ("semaphoreRejected", InterfaceMember.SemaphoreRejected),
        ("threadPoolRejected", InterfaceMember.ThreadPoolRejected),
        ("countTimeout", InterfaceMember.CountTimeout));

    private static readonly MemberNames<ListMember> s_listMembers = new(("items", ListMember.Items));

    private readonly ReadOnlySpan<byte> _body;
    private readonly MetricReport _report = new();
    private Utf8JsonReader _json;
    private int _entry = -1;

    private ReportReader(ReadOnlySpan<byte> body)
    {
        _body = body;
        _json = new(body);
    }

    private enum ReportMember
    {
        Unknown,
        Name,
        AppId,
        Version,
        Environment,
        ServiceId,
        InstanceId,
        Instance,
        Thread,
        Cpu,
        LoadAverage,
        Uptime,
        Memory,
        Customs,
        Interfaces,
    }

    private enum ListMember
    {
        Unknown,
        Items,
    }

    private enum InterfaceMember
    {
        Unknown,
        Name,
        FunctionName,
        FunctionType,
        Qps,
        Latency,
        L995,
        L99,
        L90,
        L75,
        L50,
        L25,
        L5,
        Rate,
        FailureRate,
        Total,
        Failure,
        CircuitBreakerOpen,
        ShortCircuited,
        SemaphoreRejected,
        ThreadPoolRejected,
        CountTimeout,
    }

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
            throw Unexpected("the report", "an object");
        }

        while (NextMember())
        {
            var member = Find(s_members);
            _json.Read();
            switch (member)
            {
                case ReportMember.Name:
                    _report.Name = Text("name");
                    break;
                case ReportMember.AppId:
                    _report.AppId = Text("appId");
                    break;
                case ReportMember.Version:
                    _report.Version = Text("version");
                    break;
                case ReportMember.Environment:
                    _report.Environment = Text("environment");
                    break;
                case ReportMember.ServiceId:
                    _report.ServiceId = Text("serviceId");
                    break;
                case ReportMember.InstanceId:
                    _report.InstanceId = Text("instanceId");
                    break;
                case ReportMember.Instance:
                    _report.Instance = Text("instance");
                    break;
                case ReportMember.Thread:
                    _report.Thread = Number("thread") ?? _report.Thread;
                    break;
                case ReportMember.Cpu:
                    _report.Cpu = Number("cpu");
                    break;
                case ReportMember.LoadAverage:
                    _report.LoadAverage = Number("loadAverage");
                    break;
                case ReportMember.Uptime:
                    _report.Uptime = Number("uptime");
                    break;
                case ReportMember.Memory:
                    ReadMemory();
                    break;
                case ReportMember.Customs:
                    ReadCustoms();
                    break;
                case ReportMember.Interfaces:
                    ReadInterfaces();
                    break;
                default:
                    _json.Skip();
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
                _report.Memory = new(new Dictionary<string, double>(StringComparer.Ordinal), Text("memory"));
                return;
            case JsonTokenType.StartObject:
                break;
            default:
                throw Unexpected("memory", "an object of numbers, or text");
        }

        var values = new Dictionary<string, double>(StringComparer.Ordinal);
        var count = 0;
        while (NextMember())
        {
            var name = StringValue("memory");
            _json.Read();
            if (Number($"memory.{name}") is { } value && ++count <= MetricReport.MaxEntries)
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
            throw Unexpected("customs", "an object");
        }

        var customs = new Dictionary<string, string>(StringComparer.Ordinal);
        var count = 0;
        while (NextMember())
        {
            var name = StringValue("customs");
            _json.Read();
            if (Text($"customs.{name}") is { } value && ++count <= MetricReport.MaxEntries)
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
                while (NextMember())
                {
                    var isItems = Find(s_listMembers) is ListMember.Items;
                    _json.Read();
                    if (isItems && _json.TokenType is JsonTokenType.StartArray)
                    {
                        ReadEntries();
                    }
                    else if (isItems && _json.TokenType is not JsonTokenType.Null)
                    {
                        throw Unexpected("interfaces.items", "a list");
                    }
                    else
                    {
                        _json.Skip();
                    }
                }

                return;
            default:
                throw Unexpected("interfaces", "a list");
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

            _entry = _report.Interfaces.Count;
            _report.Interfaces.Add(_json.TokenType switch
            {
                JsonTokenType.Null => null,
                JsonTokenType.StartObject => ReadEntry(),
                _ => throw Unexpected("", "an object"),
            });
        }

        _entry = -1;
    }

    private InterfaceReport ReadEntry()
    {
        var entry = new InterfaceReport();
        var measures = entry.Measures;
        while (NextMember())
        {
            var member = Find(s_interfaceMembers);
            _json.Read();
            switch (member)
            {
                case InterfaceMember.Name:
                    entry.Name = Text("name");
                    break;
                case InterfaceMember.FunctionName:
                    entry.FunctionName = Text("functionName");
                    break;
                case InterfaceMember.FunctionType:
                    entry.FunctionType = Text("functionType");
                    break;
                case InterfaceMember.Qps:
                    measures.Qps = Number("qps") ?? 0;
                    break;
                case InterfaceMember.Latency:
                    measures.Latency = Number("latency") ?? 0;
                    break;
                case InterfaceMember.L995:
                    measures.L995 = Number("l995") ?? 0;
                    break;
                case InterfaceMember.L99:
                    measures.L99 = Number("l99") ?? 0;
                    break;
                case InterfaceMember.L90:
                    measures.L90 = Number("l90") ?? 0;
                    break;
                case InterfaceMember.L75:
                    measures.L75 = Number("l75") ?? 0;
                    break;
                case InterfaceMember.L50:
                    measures.L50 = Number("l50") ?? 0;
                    break;
                case InterfaceMember.L25:
                    measures.L25 = Number("l25") ?? 0;
                    break;
                case InterfaceMember.L5:
                    measures.L5 = Number("l5") ?? 0;
                    break;
                case InterfaceMember.Rate:
                    measures.Rate = Number("rate");
                    break;
                case InterfaceMember.FailureRate:
                    measures.FailureRate = Number("failureRate") ?? 0;
                    break;
                case InterfaceMember.Total:
                    measures.Total = Number("total") ?? 0;
                    break;
                case InterfaceMember.Failure:
                    measures.Failure = Number("failure") ?? 0;
                    break;
                case InterfaceMember.CircuitBreakerOpen:
                    measures.CircuitBreakerOpen = Flag("circuitBreakerOpen");
                    break;
                case InterfaceMember.ShortCircuited:
                    measures.ShortCircuited = Number("shortCircuited") ?? 0;
                    break;
                case InterfaceMember.SemaphoreRejected:
                    measures.SemaphoreRejected = Number("semaphoreRejected") ?? 0;
                    break;
                case InterfaceMember.ThreadPoolRejected:
                    measures.ThreadPoolRejected = Number("threadPoolRejected") ?? 0;
                    break;
                case InterfaceMember.CountTimeout:
                    measures.CountTimeout = Number("countTimeout") ?? 0;
                    break;
                default:
                    _json.Skip();
                    break;
            }
        }

        return entry;
    }

    private bool NextMember() => _json.Read() && _json.TokenType is JsonTokenType.PropertyName;

    /// <summary>The member whose name the reader is at.</summary>
    private readonly T Find<T>(MemberNames<T> members)
        where T : struct
    {
        try
        {
            return members.Find(in _json);
        }
        catch (InvalidOperationException)
        {
            throw NoUnicode("the name of a member");
        }
    }

    private string? Text(string member) => _json.TokenType switch
    {
        JsonTokenType.Null => null,
        JsonTokenType.String => StringValue(member),
        JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False => Encoding.UTF8.GetString(_json.ValueSpan),
        _ => throw Unexpected(member, "text"),
    };

    /// <summary>Null for null, for an empty text, and for what is not a number by its own account (<c>NaN</c>).</summary>
    private double? Number(string member)
    {
        double number;
        switch (_json.TokenType)
        {
            case JsonTokenType.Null:
                return null;
            case JsonTokenType.Number when _json.TryGetDouble(out number):
                break;
            case JsonTokenType.String:
                var text = StringValue(member).AsSpan().Trim();
                if (text.IsEmpty)
                {
                    return null;
                }

                if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number))
                {
                    throw Unexpected(member, "a number");
                }

                break;
            default:
                throw Unexpected(member, "a number");
        }

        return double.IsNaN(number) ? null : Math.Clamp(number, -MaxNumber, MaxNumber);
    }

    private bool Flag(string member)
    {
        switch (_json.TokenType)
        {
            case JsonTokenType.Null or JsonTokenType.False:
                return false;
            case JsonTokenType.True:
                return true;
            case JsonTokenType.Number:
                return Number(member) is not (null or 0);
            case JsonTokenType.String:
                var text = StringValue(member).AsSpan().Trim();
                return text.Equals("true", StringComparison.OrdinalIgnoreCase)
                    || (text.IsEmpty || text.Equals("false", StringComparison.OrdinalIgnoreCase) ? false : throw Unexpected(member, "true or false"));
            default:
                throw Unexpected(member, "true or false");
        }
    }

    private string StringValue(string member)
    {
        try
        {
            return _json.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw NoUnicode(member);
        }
    }

    private readonly UndecodableException Unexpected(string member, string expected) => Failed(member, $"{expected} was expected, not {_json.TokenType switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.String => "text",
        JsonTokenType.Number => "a number",
        JsonTokenType.Null => "null",
        _ => "a boolean",
    }}");

    // Bytes that are no UTF-8, or half of a surrogate pair.
    private readonly UndecodableException NoUnicode(string member) => Failed(member, "text that is no Unicode", isText: true);

    private readonly UndecodableException Failed(string member, string problem, bool isText = false)
    {
        var path = _entry < 0 ? member
            : member.Length == 0 ? string.Create(CultureInfo.InvariantCulture, $"interfaces[{_entry}]")
            : string.Create(CultureInfo.InvariantCulture, $"interfaces[{_entry}].{member}");
        return new(Undecodable.At(_body, (int)_json.TokenStartIndex, $"{path}: {problem}"), isText);
    }
}
