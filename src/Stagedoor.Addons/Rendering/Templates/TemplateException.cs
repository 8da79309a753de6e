namespace Stagedoor.Addons.Rendering.Templates;

/// <summary>Why a chart does not render: a template that does not parse, one that fails, or a bound that was reached.</summary>
#pragma warning disable CA1064 // It never leaves this assembly.
internal sealed class TemplateException : Exception
#pragma warning restore CA1064
{
    public TemplateException(string message)
        : base(message) => Reason = message;

    public TemplateException(string message, Exception? inner)
        : base(message, inner)
    {
        if (inner is TemplateException { File: { } file } at)
        {
            (File, Line, Column) = (file, at.Line, at.Column);
        }

        Reason = (inner as TemplateException)?.Reason ?? message;
    }

    internal TemplateException(string message, string? file, int line, int column, Exception? inner)
        : this(message, inner)
    {
        if (File is null)
        {
            (File, Line, Column) = (file, line, column);
        }
    }

    /// <summary>The file of the chart, as <c>CHART/templates/NAME</c>; <c>null</c> where no file is at fault.</summary>
    public string? File { get; }

    /// <summary>The line in the file, from 1; 0 where it is not known.</summary>
    public int Line { get; }

    /// <summary>How many bytes of the line are before the place, as Go counts; -1 where it is not known.</summary>
    public int Column { get; } = -1;

    /// <summary>What the innermost of a chain of failures says.</summary>
    public string Reason { get; }

    /// <summary>Whether a bound of <see cref="RenderLimits"/> was reached, and not a mistake of the chart.</summary>
    public bool IsLimit { get; init; }
}
