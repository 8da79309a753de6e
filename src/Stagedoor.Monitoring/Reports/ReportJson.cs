using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Stagedoor.Monitoring.Reports;

/// <summary>The values of a report, converted as a Java bean mapper does, and the answers to those that cannot be.</summary>
internal ref struct ReportJson
{
    // Beyond it nothing is measured; sums stay finite, and JSON can say them.
    private const double MaxNumber = 1e15;

    private readonly ReadOnlySpan<byte> _body;
    private Utf8JsonReader _json;

    public ReportJson(ReadOnlySpan<byte> body)
    {
        _body = body;
        _json = new(body);
    }

    /// <summary>The entry of <c>interfaces</c> that is being read, for the answers; negative outside of them.</summary>
    public int Entry { get; set; } = -1;

    public readonly JsonTokenType TokenType => _json.TokenType;

    public bool Read() => _json.Read();

    public void Skip() => _json.Skip();

    /// <summary>Goes to the next member; false at the end of the object.</summary>
    public bool NextMember() => _json.Read() && _json.TokenType is JsonTokenType.PropertyName;

    /// <summary>The member whose name the reader is at.</summary>
    public readonly T Find<T>(MemberNames<T> members)
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

    /// <summary>Puts the value where its field belongs; passes over what has no place.</summary>
    public void ReadInto<T>(T target, in ReportField<T> field)
    {
        if (field.Number is { } number)
        {
            number(target, Number(field.Name));
        }
        else if (field.Text is { } text)
        {
            text(target, Text(field.Name));
        }
        else if (field.Flag is { } flag)
        {
            flag(target, Flag(field.Name));
        }
        else
        {
            _json.Skip();
        }
    }

    public string? Text(string member) => _json.TokenType switch
    {
        JsonTokenType.Null => null,
        JsonTokenType.String => StringValue(member),
        JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False => Encoding.UTF8.GetString(_json.ValueSpan),
        _ => throw Unexpected(member, "text"),
    };

    /// <summary>Null for null, for an empty text, and for what is not a number by its own account (<c>NaN</c>).</summary>
    public double? Number(string member)
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

    /// <exception cref="UndecodableException">It is no Unicode.</exception>
    public string StringValue(string member)
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

    public readonly UndecodableException Unexpected(string member, string expected) => Failed(member, $"{expected} was expected, not {_json.TokenType switch
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
        var path = Entry < 0 ? member
            : member.Length == 0 ? string.Create(CultureInfo.InvariantCulture, $"interfaces[{Entry}]")
            : string.Create(CultureInfo.InvariantCulture, $"interfaces[{Entry}].{member}");
        return new(Undecodable.At(_body, (int)_json.TokenStartIndex, $"{path}: {problem}"), isText);
    }
}
