using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Model;
using Xunit;

namespace Stagedoor.Discovery.Tests.Finding;

public sealed class ProviderViewTests
{
    [Fact]
    public void What_many_ask_for_is_not_displaced_by_what_is_asked_for_once()
    {
        var view = new ProviderView(1, [new(new("default/default"), "s", new() { ServiceName = "stock", Version = "1.0.0", AppId = "shop" })]);
        var usual = view.Find(VersionRule.Any, "", isForeign: false, consumer: null);

        for (var i = 0; i < 1_000; i++)
        {
            view.Find(VersionRule.Any, $"odd-{i}", isForeign: false, consumer: null);
            Assert.Same(usual, view.Find(VersionRule.Any, "", isForeign: false, consumer: null));
        }
    }
}
