"""Makes names to learn from: ordinary host names out of words, and names as
malware makes them. Two makers of different words share no word, so that one
can judge what was learnt from the other."""

import random

WORDS = """
account active agent alpha amber analytics apple archive arena arrow asset atlas audio august author autumn avenue
backup badge bamboo banner basket beacon billing binary blossom blue board bonus book border branch bravo breeze bridge
bright broker bubble budget builder bundle button cabin cable cache calendar camera campus candle canvas capital carbon
career cargo castle catalog center chain channel charge chart chat check cherry choice circle citizen city client cloud
cluster coach coast code coffee collect color column comet commerce common compass concert connect console contact
content copper coral corner cosmos country course cover craft cream credit crystal culture customer dance dashboard data
delta demo deploy desert design detail device dial digital direct discover dock domain dragon dream drive eagle early
earth east edge editor electric element email ember emerald energy engine event example exchange expert express falcon
family farm fashion feather feedback field film filter finance finder fire first flag flash fleet flight flower focus
forest forge form forum fountain frame freedom fresh friend front future galaxy gallery game garden gate gateway general
glass global gold grand graph green grid ground group guide guitar harbor harvest health heart helper heritage hero
history holiday home honey horizon hospital hotel house hunter image impact index insight island item jacket journal
journey junior kernel kitchen knight label ladder lake land laser launch leader league learn legend lemon letter level
library light lion list live local lodge login logic lotus lunar machine magic mail manager maple marble market master
matrix meadow media member memory merchant message metal meter micro mirror mobile model moment monitor moon morning
motion mountain movie music network news night noble north notice novel number ocean office olive online open orange
orbit order origin owner oxygen page paint panel paper parade park partner party patient pattern payment pearl people
phone photo piano pilot pine planet plant player plaza pocket poet point polar policy pond portal post power premium
press prime print process profile program project proxy public pulse purple quality quarter query quick radar radio rain
ranger rapid reach reader record red region registry relay remote report research resort resource review ribbon ridge
river road robin rocket roof rose route royal safety sail sample sand school science scout script search season second
secure seller senior series server service shadow shell shield ship shop signal silver simple site sky smart snow social
solar sound source south space spark speed spirit sport spring square staff stage star state static station status
steel stone storage store storm stream street student studio style summer sun supply support surface survey switch
system table talent target task taxi team tech temple tennis test theme ticket tiger timber time token tool topic torch
tower town track trade trail train transfer travel tree trend tribe trust tunnel union unique update upload valley value
vector venue video view village vision vista voice wallet water wave weather web west wheel wild wind window winter
wisdom wolf wonder wood work world writer yard yellow young zebra zone
""".split()

ENDS = ["com", "net", "org", "io", "de", "co.uk", "info", "fr", "biz", "ru", "app", "example"]
SERVICES = ["www", "mail", "api", "cdn", "static", "login", "m", "img", "ns1", "smtp", "assets", "edge", "news", "shop"]
LETTERS = "abcdefghijklmnopqrstuvwxyz"
BASE32 = LETTERS + "234567"
HEX = "0123456789abcdef"


class Maker:
    """Makes names from one part of the words: part 0 or 1."""

    def __init__(self, part, seed):
        self.words = WORDS[part::2]
        self.random = random.Random(seed)

    def token(self, letters, low, high):
        return "".join(self.random.choices(letters, k=self.random.randint(low, high)))

    def ordinary(self):
        r = self.random
        site = r.choice(["", "", "-"]).join(r.sample(self.words, r.choice([1, 1, 2, 2, 3])))
        if r.random() < 0.1:
            site += str(r.randint(1, 999))
        labels = [site, r.choice(ENDS)]
        if r.random() < 0.7:
            host = r.choice(SERVICES + self.words)
            labels.insert(0, host + (str(r.randint(1, 30)) if r.random() < 0.2 else ""))
        if r.random() < 0.06:  # clouds name machines at random too, but shortly
            labels.insert(0, self.token(HEX, 4, 8))
        return ".".join(labels)

    def made_by_malware(self):
        r = self.random
        kind = r.randrange(4)
        if kind == 0:
            return self.token(LETTERS, 10, 24) + "." + r.choice(ENDS)
        if kind == 1:
            return self.token(LETTERS + "0123456789", 10, 26) + "." + r.choice(ENDS)
        if kind == 2:
            return self.token(HEX, 16, 32) + "." + r.choice(ENDS)
        carrier = ".".join(self.token(BASE32, 24, 60) for _ in range(r.randint(1, 3)))
        return carrier + "." + r.choice(self.words) + "." + r.choice(ENDS)

    def rows(self, n):
        """n names and their labels, half of each."""
        names = [self.ordinary() if i % 2 else self.made_by_malware() for i in range(n)]
        return names, [1 - i % 2 for i in range(n)]
