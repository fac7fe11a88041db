import learner
import tiercel

tiercel.serve(learner.Names())
